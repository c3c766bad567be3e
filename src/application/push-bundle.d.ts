/** The part of the collector that pushes, bundled into an expression by the build. */
export declare const pushSource: string;
