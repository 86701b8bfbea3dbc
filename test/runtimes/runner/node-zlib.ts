/** Deflates, where a runtime has no `node:zlib`. */
export { deflateSync as deflateRawSync } from 'fflate'
