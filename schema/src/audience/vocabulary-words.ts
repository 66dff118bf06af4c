// What the roles of the vocabulary and their properties are called where people read them.
import type { InEach } from "./problem.ts";
import type { PropertyName, RoleName } from "./vocabulary-names.ts";

export const roleWords: Readonly<Record<RoleName, InEach>> = {
  order: { en: "Order", de: "Bestellung" },
  refund: { en: "Refund", de: "Erstattung" },
  click_and_collect: { en: "Click and collect", de: "Abholung im Laden" },
  product_viewed: { en: "Product looked at", de: "Produkt angesehen" },
  added_to_cart: { en: "Put into the basket", de: "In den Warenkorb gelegt" },
  removed_from_cart: { en: "Taken out of the basket", de: "Aus dem Warenkorb genommen" },
  checkout_started: { en: "Checkout begun", de: "Kasse begonnen" },
  payment_failed: { en: "Payment failed", de: "Zahlung fehlgeschlagen" },
  subscription_started: { en: "Subscription started", de: "Abo begonnen" },
  subscription_renewed: { en: "Subscription renewed", de: "Abo verlängert" },
  subscription_cancelled: { en: "Subscription cancelled", de: "Abo gekündigt" },
  signed_up: { en: "Signed up", de: "Registriert" },
};

export const propertyWords: Readonly<Record<PropertyName, InEach>> = {
  order_id: { en: "Order number", de: "Bestellnummer" },
  subscription_id: { en: "Subscription number", de: "Abonummer" },
  value: { en: "Value", de: "Wert" },
  currency: { en: "Currency", de: "Währung" },
  products: { en: "List of products", de: "Liste der Produkte" },
  product_id: { en: "Product number", de: "Produktnummer" },
  name: { en: "Name", de: "Name" },
  category: { en: "Category", de: "Kategorie" },
  price: { en: "Price", de: "Preis" },
  quantity: { en: "Quantity", de: "Menge" },
};
