/** What we use of WebAssembly: TypeScript knows it only together with all of a browser. */
declare namespace WebAssembly {
  class Memory {
    constructor(limits: { initial: number; maximum: number })
    readonly buffer: ArrayBuffer
  }
}
