import { placeOf, type SessionState } from './session.ts'

/** Tells what a commit wrote, after it was. */
export function tellWritten(state: SessionState, hasChanged: boolean): void {
  const { kit, ctx, wish, isKnown, stale, bytes, outcome: word } = state
  const { tell } = kit
  if (!tell) return
  const place = placeOf(state)
  const isAnother = word === 'create' || wish === 'destroy'
  const isAsked = word !== 'forced' || wish === 'save'
  if (wish === 'destroy' && isKnown) tell({ type: 'destroyed' }, ctx, place)
  if (isAnother) tell({ type: 'created', bytes }, ctx, place)
  else if (word === 'regenerate') tell({ type: 'regenerated', bytes }, ctx, place)
  else if (isAsked && !hasChanged) tell({ type: 'renewed', bytes }, ctx, place)
  if (stale && !isAnother) tell({ type: 'rotated', bytes }, ctx, place)
}
