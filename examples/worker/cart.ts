/** What there is to buy. */
export const goods = { bread: 'Bread', honey: 'Honey', tea: 'Tea' }

export type Good = keyof typeof goods

/** How many of each are in a cart. */
export type Cart = Record<string, number>

/** Whether a field of a form names something there is to buy. */
export function isGood(field: unknown): field is Good {
  return typeof field === 'string' && Object.hasOwn(goods, field)
}

/** Puts one more into a cart. */
export function add(cart: Cart, good: Good): void {
  cart[good] = (cart[good] ?? 0) + 1
}

/** Takes one out of a cart. */
export function remove(cart: Cart, good: Good): void {
  const left = (cart[good] ?? 0) - 1
  if (left > 0) cart[good] = left
  else delete cart[good]
}
