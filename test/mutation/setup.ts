import * as fc from 'fast-check'

/** What is tried at random is tried for a moment: what is certain has to notice a mutant. */
fc.configureGlobal({ interruptAfterTimeLimit: 500 })
