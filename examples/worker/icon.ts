/** A wax seal with a keyhole in it. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
  <circle cx="16" cy="16" r="12" fill="#b3372b"/>
  <circle cx="16" cy="16" r="12" fill="none" stroke="#b3372b" stroke-width="6.4"
    stroke-linecap="round" stroke-dasharray="0 6.283"/>
  <path d="M16 8.5a4.2 4.2 0 0 0-2.1 7.83L12.5 23h7l-1.4-6.67A4.2 4.2 0 0 0 16 8.500Z"
    fill="#fff"/>
</svg>
`
