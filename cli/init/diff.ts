/** How many lines around a change are shown. */
const AROUND = 2

/** The lines of a change, each behind `+`, `-` or a space; what is far from it is left out. */
export function diffLines(before: string, after: string): string[] {
  const lines = compare(linesOf(before), linesOf(after))
  const isNear = (index: number): boolean =>
    lines.slice(Math.max(0, index - AROUND), index + AROUND + 1).some((line) => line[0] !== ' ')
  return lines.flatMap((line, index) => {
    if (isNear(index)) return [line]
    return index > 0 && isNear(index - 1) ? ['…'] : []
  })
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/)
}

/** By the longest common subsequence, from the end. */
function compare(a: string[], b: string[]): string[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const isSame = a[i] === b[j]
      const [here, next] = [lengths[i]!, lengths[i + 1]!]
      here[j] = isSame ? next[j + 1]! + 1 : Math.max(next[j]!, here[j + 1]!)
    }
  }
  const lines: string[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(` ${a[i++]}`)
      j++
    } else if (i < a.length && (j === b.length || lengths[i + 1]![j]! >= lengths[i]![j + 1]!)) {
      lines.push(`-${a[i++]}`)
    } else lines.push(`+${b[j++]}`)
  }
  return lines
}
