const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** What lies between the parts of a date. */
const DELIMITERS = /[\t\u0020-\u002f\u003b-\u0040\u005b-\u0060\u007b-\u007e]+/

/**
 * Reads the date of an Expires attribute as browsers do (RFC 6265bis section 5.1.1).
 *
 * @returns Milliseconds since the epoch, or `undefined` if it is no date.
 */
export function parseCookieDate(text: string): number | undefined {
  let time: number[] | undefined
  let day: number | undefined
  let month: number | undefined
  let year: number | undefined
  for (const token of text.split(DELIMITERS).filter(Boolean)) {
    const clock = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D|$)/.exec(token)
    const short = /^(\d{1,2})(?:\D|$)/.exec(token)
    const long = /^(\d{2,4})(?:\D|$)/.exec(token)
    const name = MONTHS.indexOf(token.slice(0, 3).toLowerCase())
    if (!time && clock) time = clock.slice(1).map(Number)
    else if (day === undefined && short) day = Number(short[1])
    else if (month === undefined && name >= 0) month = name
    else if (year === undefined && long) year = Number(long[1])
  }
  if (!time || day === undefined || month === undefined || year === undefined) return undefined
  if (year >= 70 && year <= 99) year += 1900
  else if (year <= 69) year += 2000
  const [hour, minute, second] = time as [number, number, number]
  if (year < 1601 || hour > 23 || minute > 59 || second > 59) return undefined
  const date = Date.UTC(year, month, day, hour, minute, second)
  // The 31st of a shorter month is no date.
  return day >= 1 && new Date(date).getUTCDate() === day ? date : undefined
}
