/** Reads JSON with comments and trailing commas. */
export function parseJsonc(text: string): unknown {
  const tokens =
    /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[^]*?\*\/|,(?=(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)*[}\]])/g
  return JSON.parse(
    text.replace(/^\uFEFF/, '').replace(tokens, (one) => (one[0] === '"' ? one : ' ')),
  )
}
