// What we read of Segment's definitions, as far as we read it: the package's own types are erased where all destinations are listed.

export interface PackageCondition {
  readonly type?: string;
  readonly fieldKey?: string;
  readonly operator: "is" | "is_not";
  readonly value?: unknown;
}

export interface PackageConditions {
  readonly match?: "any" | "all";
  readonly conditions: readonly PackageCondition[];
}

export interface PackageField {
  readonly label?: string;
  readonly description?: string;
  readonly type: string;
  readonly required?: boolean | PackageConditions;
  readonly default?: unknown;
  readonly multiple?: boolean;
  readonly choices?: readonly (string | { readonly value: string | number | boolean; readonly label: string })[];
  readonly dynamic?: unknown;
  readonly unsafe_hidden?: boolean;
  readonly properties?: PackageFields;
  readonly additionalProperties?: boolean;
  readonly defaultObjectUI?: string;
  readonly depends_on?: PackageConditions;
  readonly category?: string;
  readonly placeholder?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}
export type PackageFields = Readonly<Record<string, PackageField>>;

type Function = (request: unknown, data: unknown) => unknown;

export interface PackageAction {
  readonly title: string;
  readonly description?: string;
  readonly hidden?: boolean;
  readonly fields: PackageFields;
  readonly performBatch?: Function;
  readonly syncMode?: { readonly default: string; readonly choices: readonly { readonly value: string }[] };
  readonly dynamicFields?: Readonly<Record<string, unknown>>;
}

export interface PackagePreset {
  readonly name?: string;
  readonly partnerAction: string;
  readonly subscribe?: string;
  readonly mapping?: Readonly<Record<string, unknown>>;
  readonly type: string;
  readonly eventSlug?: string;
}

export interface PackageDefinition {
  readonly name: string;
  readonly slug?: string;
  readonly description?: string;
  readonly authentication?: {
    readonly scheme: string;
    readonly fields: PackageFields;
    readonly testAuthentication?: Function;
    readonly refreshAccessToken?: Function;
  };
  readonly extendRequest?: (data: unknown) => object;
  readonly actions: Readonly<Record<string, PackageAction>>;
  readonly presets?: readonly PackagePreset[];
  readonly audienceFields?: PackageFields;
  readonly audienceConfig?: { readonly createAudience?: Function; readonly getAudience?: Function };
  readonly onDelete?: Function;
}
