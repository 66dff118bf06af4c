// What the shop sells: the same things whatever the seed, so that a question like "who bought red dresses" can be asked of
// every demo shop. Prices are in pence.

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly brand: string;
  readonly category: string;
  readonly colours: readonly string[];
  readonly sizes: readonly string[];
  readonly pence: number;
}

interface Category {
  readonly name: string;
  /** What things are called, the cheapest first. */
  readonly things: readonly string[];
  readonly makes: readonly string[];
  readonly sizes: readonly string[];
  /** Price of the cheapest and the dearest, in pounds. */
  readonly pounds: readonly [number, number];
}

const letters = ["XS", "S", "M", "L", "XL"];
const one = ["One size"];
const categories: readonly Category[] = [
  { name: "dress", makes: ["Linen", "Cotton", "Jersey", "Silk"], things: ["Day Dress", "Shirt Dress", "Wrap Dress", "Evening Dress"],
    sizes: ["8", "10", "12", "14", "16"], pounds: [39, 189] },
  { name: "shirt", makes: ["Poplin", "Oxford", "Flannel", "Linen"], things: ["Shirt", "Overshirt", "Blouse"], sizes: letters,
    pounds: [29, 79] },
  { name: "knitwear", makes: ["Cotton", "Lambswool", "Merino", "Cashmere"], things: ["Vest", "Jumper", "Cardigan", "Roll Neck"],
    sizes: letters, pounds: [35, 199] },
  { name: "jacket", makes: ["Waxed", "Quilted", "Wool", "Down"], things: ["Gilet", "Jacket", "Parka", "Coat"], sizes: letters,
    pounds: [69, 349] },
  { name: "trousers", makes: ["Chino", "Denim", "Corduroy", "Linen"], things: ["Shorts", "Trousers", "Wide Trousers"],
    sizes: ["28", "30", "32", "34", "36"], pounds: [35, 95] },
  { name: "shoes", makes: ["Canvas", "Suede", "Leather"], things: ["Plimsolls", "Loafers", "Trainers", "Boots"],
    sizes: ["4", "5", "6", "7", "8", "9", "10", "11"], pounds: [39, 175] },
  { name: "bag", makes: ["Canvas", "Leather", "Recycled"], things: ["Tote", "Backpack", "Weekend Bag"], sizes: one, pounds: [25, 220] },
  { name: "scarf", makes: ["Cotton", "Wool", "Silk"], things: ["Bandana", "Scarf", "Shawl"], sizes: one, pounds: [12, 85] },
  { name: "belt", makes: ["Woven", "Leather"], things: ["Belt", "Wide Belt"], sizes: ["S", "M", "L"], pounds: [19, 55] },
  { name: "kids", makes: ["Striped", "Corduroy", "Quilted"], things: ["Tee", "Dungarees", "Jacket"], sizes: ["2-3", "4-5", "6-7", "8-9"],
    pounds: [12, 55] },
  { name: "nightwear", makes: ["Cotton", "Brushed", "Silk"], things: ["Pyjamas", "Night Shirt", "Dressing Gown"], sizes: letters,
    pounds: [29, 120] },
  { name: "home", makes: ["Stoneware", "Linen", "Wool"], things: ["Mug", "Cushion", "Throw", "Blanket"], sizes: one, pounds: [9, 140] },
  { name: "care", makes: ["Gentle", "Cedar"], things: ["Soap", "Shoe Polish", "Wool Wash", "Gift Box"], sizes: one, pounds: [5, 35] },
];

const colours = ["red", "navy", "forest green", "black", "oatmeal", "rust", "sky blue", "white", "plum"];
const brands = ["Larkfield", "Fennel & Oak", "Tidewater", "Mossgate"];

/** About 150 products; never empty. */
export const catalogue: readonly Product[] = categories.flatMap((category, c) =>
  category.makes.flatMap((make, m) => category.things.map((thing, t) =>
    productOf(category, c, m * category.things.length + t, `${make} ${thing}`))));

function productOf(category: Category, c: number, n: number, name: string): Product {
  const [least, most] = category.pounds;
  const count = category.makes.length * category.things.length;
  const pounds = least + Math.floor(((most - least) * n) / (count - 1));
  const first = (c * 5 + n * 2) % colours.length;
  const kinds = 2 + ((c + n) % 3);
  return {
    id: `p-${101 + c * 100 + n}`, name, brand: brands[(c + n) % brands.length] ?? "Larkfield", category: category.name,
    sizes: category.sizes,
    colours: Array.from({ length: kinds }, (_, i) => colours[(first + i * 2) % colours.length] ?? "black"),
    pence: pounds * 100 - (n % 3 === 0 ? 1 : n % 3 === 1 ? 50 : 0),
  };
}
