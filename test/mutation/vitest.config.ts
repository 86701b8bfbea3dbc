import { configFor } from './tests.ts'

/** For Stryker, which takes a file alone and names no tests. */
export default configFor(process.env['TESTS']!.split(' '))
