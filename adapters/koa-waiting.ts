import { isPromise, type Kit } from '../src/host.ts'

/**
 * Watches whether what an application has among its options answers at once. What is known to do so
 * need not be asked before every handler; one that took its time once may do so again.
 *
 * @param isSlow Whether sessions have to be loaded before the handler in any case.
 */
export function watchAnswers(kit: Kit & { mustWait: boolean }, isSlow: boolean): void {
  const { valid, schema, migrate } = kit
  const unknown = new Set<unknown>()
  let takesTime = false

  function watch<call extends (...args: any[]) => any>(
    call: call,
    tells: (args: Parameters<call>, answer: Awaited<ReturnType<call>>) => boolean = () => true,
  ): call {
    unknown.add(call)
    return ((...args: Parameters<call>) => {
      const answer = call(...args)
      if (isPromise(answer)) takesTime = true
      else if (tells(args, answer)) unknown.delete(call)
      kit.mustWait = isSlow || takesTime || unknown.size > 0
      return answer
    }) as call
  }

  if (valid) kit.valid = watch(valid)
  if (migrate) kit.migrate = watch(migrate)
  if (schema) {
    const { '~standard': standard } = schema
    // One that waits for anything may refuse at once, or find nothing to wait for.
    const validate = watch(
      (value: unknown) => standard.validate(value),
      ([value], { issues }) => !issues && Object.keys(value as object).length > 0,
    )
    kit.schema = { '~standard': { ...standard, validate } }
  }
  kit.mustWait = isSlow || unknown.size > 0
}
