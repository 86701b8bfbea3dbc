/// <reference types="node" />
import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Colours a text for a terminal that wants colours; for a file or a pipe it stays as it is. */
export function paint(
  style: Style,
  text: string,
  stream: { isTTY?: boolean } = process.stdout,
): string {
  const wants = stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb'
  return wants ? styleText(style, text, { validateStream: false }) : text
}

/** A text as it may be shown: what would steer a terminal, or turn the line round, is spelled out. */
export function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what it is about
  return text.replaceAll(/[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (one) => {
    return `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** Prints names and values in two columns. */
export function printTable(rows: readonly (readonly [name: string, value: string])[]): void {
  const width = Math.max(...rows.map(([name]) => name.length))
  for (const [name, value] of rows) {
    process.stdout.write(`${paint('dim', name.padEnd(width))}  ${plain(value)}\n`)
  }
}

/** Prints a value for a machine. */
export function printJson(value: unknown): void {
  process.stdout.write(`${plainJson(value)}\n`)
}

/** JSON without any character that a terminal takes for a command. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .split('\n')
    .map((line) => plain(line))
    .join('\n')
}
