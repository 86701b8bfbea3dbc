import type { SessionState } from './session.ts'

/** Tells what a commit wrote, after it was. */
export function tellWritten(
  { kit: { tell }, ctx, wish, isKnown, stale, bytes, outcome: word }: SessionState,
  hasChanged: boolean,
): void {
  if (!tell) return
  const isAnother = word === 'create' || wish === 'destroy'
  const isAsked = word !== 'forced' || wish === 'save'
  if (wish === 'destroy' && isKnown) tell({ type: 'destroyed' }, ctx)
  if (isAnother) tell({ type: 'created', bytes }, ctx)
  else if (word === 'regenerate') tell({ type: 'regenerated', bytes }, ctx)
  else if (isAsked && !hasChanged) tell({ type: 'renewed', bytes }, ctx)
  if (stale && !isAnother) tell({ type: 'rotated', bytes }, ctx)
}
