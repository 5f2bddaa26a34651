/** @file The part of isosurface that is used; the package comes without types. */
declare module 'isosurface' {
  const isosurface: {
    /** `potential` is asked at whole coordinates; positions are in the same, cells index them. Vertices are not shared. */
    marchingCubes(
      dims: [number, number, number],
      potential: (x: number, y: number, z: number) => number,
    ): { positions: [number, number, number][]; cells: [number, number, number][] };
  };
  export default isosurface;
}
