/** What is wrong in a project. */
export interface Fault {
  file: string
  /** What was looked at, as a word that stays the same. */
  rule: Rule
  message: string
}

export type Rule =
  | 'unreadable'
  | 'compatibility-date'
  | 'secret-in-vars'
  | 'binding-not-inherited'
  | 'no-sqlite-migration'
  | 'weak-secret'
  | 'not-ignored'
