// What people hold in their hands, as analytics.js and the mobile libraries describe it.

export interface Browser {
  readonly userAgent: string;
  readonly screen: { readonly width: number; readonly height: number; readonly density: number };
}

const chrome = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0";
const desktop = { width: 1920, height: 1080, density: 1 };
const phone = { width: 390, height: 844, density: 3 };

export const computers: readonly Browser[] = [
  { userAgent: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Safari/537.36`, screen: desktop },
  { userAgent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
    screen: { width: 1440, height: 900, density: 2 } },
  { userAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0", screen: desktop },
  { userAgent: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Safari/537.36 Edg/141.0.0.0`,
    screen: { width: 1536, height: 864, density: 1.25 } },
];

export const phones: readonly Browser[] = [
  { userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1", screen: phone },
  { userAgent: `Mozilla/5.0 (Linux; Android 15; Pixel 9) ${chrome} Mobile Safari/537.36`,
    screen: { width: 412, height: 924, density: 2.625 } },
];

export const tablet: Browser = {
  userAgent: "Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
  screen: { width: 820, height: 1180, density: 2 },
};

export const crawlers: readonly string[] = [
  "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
  "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
  "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
];

export interface AppPhone {
  readonly library: { readonly name: string; readonly version: string };
  readonly device: { readonly type: string; readonly manufacturer: string; readonly model: string; readonly name: string };
  readonly os: { readonly name: string; readonly version: string };
}

export const appPhones: readonly AppPhone[] = [
  { library: { name: "analytics-swift", version: "1.9.1" },
    device: { type: "ios", manufacturer: "Apple", model: "iPhone17,3", name: "iPhone" }, os: { name: "iOS", version: "18.1" } },
  { library: { name: "analytics-kotlin", version: "1.23.1" },
    device: { type: "android", manufacturer: "Google", model: "Pixel 9", name: "tokay" }, os: { name: "Android", version: "15" } },
  { library: { name: "analytics-kotlin", version: "1.23.1" },
    device: { type: "android", manufacturer: "Samsung", model: "SM-S931B", name: "pa1q" }, os: { name: "Android", version: "15" } },
];
