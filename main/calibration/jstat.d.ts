/** @file The part of jstat that is used; the package comes without types. */
declare module 'jstat' {
  const jstat: {
    beta: {
      /** Quantile of Beta(a, b) at `p`. */
      inv(p: number, a: number, b: number): number;
      /** Distribution function of Beta(a, b) at `x`. */
      cdf(x: number, a: number, b: number): number;
    };
  };
  export default jstat;
}
