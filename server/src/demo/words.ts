// The words that people and their places are made of. Made up here: no list of real people was read. Each name stands with
// the spelling that an e-mail address has.

/** As written, and in ASCII. */
type Name = readonly [string, string];

/** Given names from many languages and scripts. */
export const givenNames: readonly Name[] = [
  ["Anna", "anna"], ["Oliver", "oliver"], ["Amelia", "amelia"], ["George", "george"], ["Isla", "isla"], ["Harry", "harry"],
  ["Zoë", "zoe"], ["Chloé", "chloe"], ["Siân", "sian"], ["Niamh", "niamh"], ["Seán", "sean"], ["Caoimhe", "caoimhe"],
  ["Søren", "soren"], ["Åse", "aase"], ["Jørgen", "jorgen"], ["Björk", "bjork"], ["Þóra", "thora"], ["Väinö", "vaino"],
  ["Łukasz", "lukasz"], ["Małgorzata", "malgorzata"], ["Jiří", "jiri"], ["Žofie", "zofie"], ["Željko", "zeljko"], ["Ștefan", "stefan"],
  ["José", "jose"], ["Íñigo", "inigo"], ["João", "joao"], ["Conceição", "conceicao"], ["François", "francois"], ["Anaïs", "anais"],
  ["Jürgen", "juergen"], ["Käthe", "kaethe"], ["Çağla", "cagla"], ["İpek", "ipek"], ["Őrs", "oers"], ["Nguyệt", "nguyet"],
  ["Ольга", "olga"], ["Дмитро", "dmytro"], ["Ελένη", "eleni"], ["Γιώργος", "giorgos"], ["ליאת", "liat"], ["فاطمة", "fatima"],
  ["يوسف", "youssef"], ["प्रिया", "priya"], ["अर्जुन", "arjun"], ["தமிழ்செல்வி", "tamilselvi"], ["美咲", "misaki"], ["健太", "kenta"],
  ["小雨", "xiaoyu"], ["지우", "jiwoo"], ["Chiamaka", "chiamaka"], ["Oluwaseun", "oluwaseun"], ["Tāne", "tane"], ["Kāterina", "katerina"],
];

/** Names that women have, among the given names and those of the stories' people; the others are men's. */
const womensNames: ReadonlySet<string> = new Set([
  "Anna", "Amelia", "Isla", "Zoë", "Chloé", "Siân", "Niamh", "Caoimhe", "Åse", "Björk", "Þóra", "Małgorzata", "Žofie", "Conceição", "Anaïs", "Käthe",
  "Çağla", "İpek", "Nguyệt", "Ольга", "Ελένη", "ליאת", "فاطمة", "प्रिया", "தமிழ்செல்வி", "美咲", "小雨", "Chiamaka", "Kāterina", "Maya", "Ruth", "Ivy", "Rosalind", "Nina",
]);

export function isWomansName(name: string): boolean {
  return womensNames.has(name);
}

export const familyNames: readonly Name[] = [
  ["Ashdown", "ashdown"], ["Birkett", "birkett"], ["Collingham", "collingham"], ["Dunmore", "dunmore"], ["Everleigh", "everleigh"],
  ["Fairbourne", "fairbourne"], ["Greyling", "greyling"], ["Hollins", "hollins"], ["O’Rahilly", "orahilly"], ["Ní Dhuibh", "nidhuibh"],
  ["Østergård", "ostergaard"], ["Lindqvist", "lindqvist"], ["Bjørnstad", "bjornstad"], ["Þorvaldsdóttir", "thorvaldsdottir"],
  ["Müller-Groß", "mueller-gross"], ["Weißenböck", "weissenboeck"], ["d’Aubrey", "daubrey"], ["Lefèvre", "lefevre"],
  ["Peñaranda", "penaranda"],
  ["Gonçalves", "goncalves"], ["Wiśniewska", "wisniewska"], ["Dvořáček", "dvoracek"], ["Đorđević", "djordjevic"], ["Țurcanu", "turcanu"],
  ["Yıldız", "yildiz"], ["Szőllősi", "szollosi"], ["Đặng", "dang"], ["Коваленко", "kovalenko"], ["Παπαδάκη", "papadaki"],
  ["בן־עמי", "benami"],
  ["الحدّاد", "alhaddad"], ["शर्मा", "sharma"], ["இளங்கோ", "ilango"], ["佐々木", "sasaki"], ["欧阳", "ouyang"], ["한", "han"],
  ["Adeyemi", "adeyemi"], ["Okonkwo-Bell", "okonkwo-bell"], ["van der Meij", "vandermeij"], ["de la Cruz Ríos", "delacruzrios"],
];

/** Place, and the letters its postcodes begin with. */
export const places: readonly Name[] = [
  ["London", "SE"], ["Leeds", "LS"], ["Bristol", "BS"], ["Manchester", "M"], ["Glasgow", "G"], ["Edinburgh", "EH"], ["Cardiff", "CF"],
  ["Belfast", "BT"], ["Sheffield", "S"], ["Newcastle upon Tyne", "NE"], ["Norwich", "NR"], ["Brighton", "BN"], ["York", "YO"],
  ["Bath", "BA"],
];

export const stores = ["Leeds", "Bristol", "Glasgow", "London Bridge", "York"] as const;

const firmFirst = ["Copperfield", "Harbour", "Juniper", "Kestrel", "Lantern", "Meridian", "Northgate", "Ochre", "Pinewood", "Quarry",
  "Saltmarsh", "Tinder"];
const firmLast = ["Hotels", "Events", "Studios", "Catering", "Garden Centres", "Physiotherapy", "Schools Trust", "Veterinary Group"];
const industries = ["hospitality", "events", "media", "catering", "retail", "health", "education", "veterinary"];

/** The nth business customer: what a group call says of it. */
export function firm(n: number): { readonly name: string; readonly industry: string; readonly employees: number; readonly domain: string } {
  const first = firmFirst[n % firmFirst.length] ?? "";
  const last = Math.floor(n / firmFirst.length) % firmLast.length;
  return { name: `${first} ${firmLast[last]}`, industry: industries[last] ?? "", employees: 8 + ((n * 37) % 400),
    domain: `${first.toLowerCase()}-${n}.example.com` };
}

export const searches = ["wool jumper", "raincoat", "linen dress", "trainers", "gift for him", "belt", "kids wellies", "black jeans",
  "scarf", "weekend bag"];

/** Shops' mailings, in turn. Name of the campaign, and subject. */
export const mailings: readonly Name[] = [
  ["new-arrivals", "Just in: what we wear next"], ["weekend-offer", "This weekend: 15 % off knitwear"],
  ["style-notes", "Three ways to wear linen"],
  ["last-sizes", "Last sizes, last days"], ["behind-the-seams", "Where our wool comes from"], ["gift-guide", "Presents that fit"],
];

export const ticketSubjects = [
  "Where is my order?", "The size is wrong", "How do I return this?", "A button came off", "Can I change the address?",
  "My discount did not work",
];

export const refundReasons = ["too small", "too large", "not as described", "changed my mind", "arrived damaged", "arrived too late"];
