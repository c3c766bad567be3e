/**
 * The page of page/, bundled into one HTML file by scripts/build.mjs, packed by gzip, in base64. In it stand `%DATA%` for a
 * profile and `%CONNECT%` for where it may ask for others.
 */
export const packedPage: string;
