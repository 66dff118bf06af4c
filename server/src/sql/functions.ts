// The functions that a statement may call: those that compute a value from their arguments and know nothing else. Left out on purpose is
// whatever reads files, other tables, dictionaries, settings, the server or who asks; whatever waits; whatever takes the name of a table or
// the text of a program; and states of aggregates, whose bytes the engine trusts. A name that is not here is refused.

const scalar = `
  plus minus multiply divide intDiv intDivOrZero modulo moduloOrZero positiveModulo negate abs gcd lcm max2 min2 sign
  round roundBankers floor ceil trunc roundDown exp exp2 exp10 log log2 log10 log1p sqrt cbrt pow sin cos tan asin acos atan atan2 degrees radians pi e
  factorial sigmoid hypot widthBucket bitAnd bitOr bitXor bitNot bitShiftLeft bitShiftRight bitTest bitCount
  equals notEquals less greater lessOrEquals greaterOrEquals and or not xor if multiIf ifNull nullIf coalesce isNull isNotNull assumeNotNull toNullable
  isZeroOrNull isNaN isFinite isInfinite greatest least transform
  toInt8 toInt16 toInt32 toInt64 toInt128 toInt256 toUInt8 toUInt16 toUInt32 toUInt64 toUInt128 toUInt256 toFloat32 toFloat64 toDecimal32 toDecimal64 toDecimal128
  toInt8OrNull toInt16OrNull toInt32OrNull toInt64OrNull toUInt8OrNull toUInt16OrNull toUInt32OrNull toUInt64OrNull toFloat32OrNull toFloat64OrNull
  toInt8OrZero toInt16OrZero toInt32OrZero toInt64OrZero toUInt8OrZero toUInt16OrZero toUInt32OrZero toUInt64OrZero toFloat32OrZero toFloat64OrZero
  toDecimal64OrNull toDecimal128OrNull toDateOrNull toDateTimeOrNull toDateTime64OrNull toDate32OrNull toUUIDOrNull toUUIDOrZero toDateOrZero toDateTimeOrZero
  toString toFixedString toDate toDate32 toDateTime toDateTime32 toDateTime64 toUUID toBool toTypeName toLowCardinality materialize identity toColumnTypeName
  parseDateTime parseDateTimeOrNull parseDateTimeBestEffort parseDateTimeBestEffortOrNull parseDateTimeBestEffortOrZero parseDateTime64BestEffort parseDateTime64BestEffortOrNull
  now now64 today yesterday toYear toQuarter toMonth toDayOfMonth toDayOfWeek toDayOfYear toHour toMinute toSecond toMillisecond toISOWeek toISOYear toWeek toYearWeek
  toStartOfYear toStartOfISOYear toStartOfQuarter toStartOfMonth toStartOfWeek toMonday toLastDayOfMonth toLastDayOfWeek toStartOfDay toStartOfHour toStartOfMinute toStartOfSecond
  toStartOfFiveMinutes toStartOfTenMinutes toStartOfFifteenMinutes toStartOfInterval toTime toTimeZone toUnixTimestamp toYYYYMM toYYYYMMDD toYYYYMMDDhhmmss toRelativeDayNum
  toRelativeWeekNum toRelativeMonthNum toRelativeYearNum toRelativeHourNum toRelativeMinuteNum dateDiff dateTrunc dateAdd dateSub addYears addQuarters addMonths addWeeks addDays addHours
  addMinutes addSeconds addMilliseconds subtractYears subtractQuarters subtractMonths subtractWeeks subtractDays subtractHours subtractMinutes subtractSeconds age dateName monthName
  formatDateTime formatDateTimeInJodaSyntax fromUnixTimestamp fromUnixTimestamp64Milli toUnixTimestamp64Milli toUnixTimestamp64Second fromUnixTimestamp64Second makeDate makeDateTime timeSlot
  toIntervalYear toIntervalQuarter toIntervalMonth toIntervalWeek toIntervalDay toIntervalHour toIntervalMinute toIntervalSecond
  length lengthUTF8 empty notEmpty lower upper lowerUTF8 upperUTF8 initcap initcapUTF8 reverse reverseUTF8 concat concatWithSeparator substring substringUTF8 left leftUTF8 right rightUTF8
  leftPad rightPad leftPadUTF8 rightPadUTF8 trimBoth trimLeft trimRight startsWith startsWithUTF8 endsWith endsWithUTF8 position positionUTF8 positionCaseInsensitive
  positionCaseInsensitiveUTF8 countSubstrings countSubstringsCaseInsensitive locate replaceOne replaceAll replaceRegexpOne replaceRegexpAll translate translateUTF8 format repeat space ascii
  like notLike ilike notILike match extract extractAll extractAllGroupsHorizontal extractAllGroupsVertical extractGroups regexpExtract countMatches hasToken hasTokenCaseInsensitive
  splitByChar splitByString splitByRegexp splitByWhitespace splitByNonAlpha alphaTokens tokens ngrams arrayStringConcat appendTrailingCharIfAbsent toValidUTF8 isValidUTF8 soundex
  levenshteinDistance damerauLevenshteinDistance jaroSimilarity jaroWinklerSimilarity ngramDistance substringIndex
  hex unhex bin base64Encode base64Decode tryBase64Decode base58Encode MD5 SHA1 SHA224 SHA256 SHA512 sipHash64 cityHash64 xxHash32 xxHash64 murmurHash3_64 farmHash64 CRC32
  domain domainWithoutWWW topLevelDomain firstSignificantSubdomain cutToFirstSignificantSubdomain protocol port path pathFull queryString fragment extractURLParameter
  extractURLParameters extractURLParameterNames URLHierarchy URLPathHierarchy cutQueryString cutFragment cutQueryStringAndFragment cutURLParameter cutWWW decodeURLComponent encodeURLComponent
  IPv4NumToString IPv4StringToNum isIPv4String isIPv6String
  JSONHas JSONLength JSONType JSONExtractInt JSONExtractUInt JSONExtractFloat JSONExtractBool JSONExtractString JSONExtractRaw JSONExtractArrayRaw JSONExtractKeysAndValuesRaw
  JSONExtractKeys JSON_VALUE JSON_QUERY JSON_EXISTS isValidJSON toJSONString simpleJSONExtractString simpleJSONExtractRaw simpleJSONExtractInt simpleJSONExtractFloat simpleJSONHas JSONExtractRawCaseInsensitive
  array arrayConcat arrayElement arrayElementOrNull has hasAll hasAny hasSubstr indexOf arrayCount countEqual arrayEnumerate arrayEnumerateUniq arrayPopBack arrayPopFront arrayPushBack arrayPushFront
  arrayResize arraySlice arraySort arrayReverseSort arrayPartialSort arrayUniq arrayDistinct arrayIntersect arrayReverse arrayFlatten arrayCompact arrayZip arrayMap arrayFilter arrayFill
  arrayReverseFill arraySplit arrayExists arrayAll arrayFirst arrayFirstOrNull arrayLast arrayLastOrNull arrayFirstIndex arrayLastIndex arrayMin arrayMax arraySum arrayAvg arrayCumSum
  arrayCumSumNonNegative arrayDifference arrayProduct arrayRotateLeft arrayRotateRight arrayFold arrayJoin emptyArrayString range arrayWithConstant arrayUnion arrayRandomSample arrayShuffle
  tuple tupleElement map mapKeys mapValues mapContains mapContainsKey mapFilter mapApply mapExists mapAll mapFromArrays mapAdd mapSubtract mapSort mapReverseSort mapUpdate
  toUUIDOrDefault generateUUIDv4 rand rand32 rand64 randCanonical formatReadableSize formatReadableQuantity formatReadableTimeDelta formatReadableDecimalSize bar
  geoDistance greatCircleDistance neighbor ignore isNotDistinctFrom isDistinctFrom
`;

/** As scalar ones; their last argument is a type, which is read as one. */
const typed = `JSONExtract accurateCast accurateCastOrNull accurateCastOrDefault`;

const aggregate = `
  count min max sum sumKahan sumWithOverflow avg avgWeighted any anyLast anyHeavy argMin argMax stddevPop stddevSamp varPop varSamp covarPop covarSamp corr skewPop skewSamp kurtPop kurtSamp
  uniq uniqExact uniqCombined uniqCombined64 uniqHLL12 quantile quantiles quantileExact quantilesExact quantileExactWeighted quantileTDigest quantilesTDigest quantileTiming
  quantilesTiming quantileDeterministic quantileBFloat16 quantileDD quantileExactLow quantileExactHigh quantileInterpolatedWeighted median medianExact
  groupArray groupUniqArray groupArraySample groupArraySorted groupArrayLast groupArrayMovingSum groupArrayMovingAvg groupConcat groupBitAnd groupBitOr groupBitXor
  topK topKWeighted approx_top_k approx_top_sum histogram entropy simpleLinearRegression retention windowFunnel sequenceMatch sequenceCount sequenceNextNode
  deltaSum deltaSumTimestamp boundingRatio first_value last_value singleValueOrNull rankCorr intervalLengthSum exponentialMovingAverage studentTTest welchTTest mannWhitneyUTest
`;

const window = `row_number rank dense_rank percent_rank cume_dist ntile lag lead lagInFrame leadInFrame nth_value nonNegativeDerivative`;

/** Other spellings, as people and other databases write them. */
const aliases: Readonly<Record<string, string>> = {
  ceiling: "ceil", power: "pow", ln: "log", truncate: "trunc", mod: "modulo", char_length: "lengthUTF8", character_length: "lengthUTF8", octet_length: "length", lcase: "lower", ucase: "upper",
  substr: "substring", mid: "substring", lpad: "leftPad", rpad: "rightPad", ltrim: "trimLeft", rtrim: "trimRight", trim: "trimBoth", concat_ws: "concatWithSeparator", instr: "positionCaseInsensitive",
  replace: "replaceAll", regexp_replace: "replaceRegexpAll", regexp_extract: "regexpExtract", year: "toYear", quarter: "toQuarter", month: "toMonth", day: "toDayOfMonth", dayofmonth: "toDayOfMonth",
  dayofweek: "toDayOfWeek", dayofyear: "toDayOfYear", hour: "toHour", minute: "toMinute", second: "toSecond", week: "toWeek", date_trunc: "dateTrunc", date_diff: "dateDiff", timestampdiff: "dateDiff",
  date_add: "dateAdd", date_sub: "dateSub", date_format: "formatDateTime", unix_timestamp: "toUnixTimestamp", from_unixtime: "fromUnixTimestamp", current_timestamp: "now", current_date: "today", curdate: "today",
  date: "toDate", timestamp: "toDateTime64", isnull: "isNull", stddev_pop: "stddevPop", stddev_samp: "stddevSamp", var_pop: "varPop", var_samp: "varSamp", covar_pop: "covarPop", covar_samp: "covarSamp",
  std: "stddevPop", any_value: "any", array_agg: "groupArray", group_concat: "groupConcat", string_agg: "groupConcat", approx_count_distinct: "uniq", median: "median", denserank: "dense_rank", to_char: "formatDateTime",
  hastoken: "hasToken", last_day: "toLastDayOfMonth", split_part: "splitByString", strpos: "position", to_date: "toDate", len: "length",
};

/** They take a function first, where they take more than a list. The engine would take a name there for that of any of its functions. */
const higherOrder: ReadonlySet<string> = new Set(
  `arrayMap arrayFilter arrayFill arrayReverseFill arraySplit arrayExists arrayAll arrayCount arrayFirst arrayFirstOrNull arrayLast arrayLastOrNull arrayFirstIndex arrayLastIndex arrayMin arrayMax
  arraySum arrayAvg arrayProduct arrayCumSum arrayCumSumNonNegative arrayDifference arrayCompact arraySort arrayReverseSort arrayPartialSort arrayFold mapFilter mapApply mapExists mapAll mapSort mapReverseSort`.split(/\s+/),
);

export interface KnownFunction {
  readonly spelling: string;
  readonly kind: "scalar" | "typed" | "aggregate" | "window";
  readonly takesLambda: boolean;
}

function table(): ReadonlyMap<string, KnownFunction> {
  const known = new Map<string, KnownFunction>();
  for (const [kind, names] of [["scalar", scalar], ["typed", typed], ["aggregate", aggregate], ["window", window]] as const) {
    for (const spelling of names.trim().split(/\s+/)) known.set(spelling.toLowerCase(), { spelling, kind, takesLambda: higherOrder.has(spelling) });
  }
  for (const [alias, spelling] of Object.entries(aliases)) {
    const found = known.get(spelling.toLowerCase());
    if (found === undefined) throw new Error(`no such function: ${spelling}`);
    if (!known.has(alias)) known.set(alias, found);
  }
  return known;
}

export const knownFunctions: ReadonlyMap<string, KnownFunction> = table();

/** What may follow the name of an aggregate, once or several times; -State and -Merge are not among them. */
const combinators = ["If", "Array", "Distinct", "OrNull", "OrDefault", "Map", "ArgMin", "ArgMax"] as const;
const COMBINATORS_MAX = 3;

/** As the engine spells it; undefined: it may not be called. Capitals make no difference. */
export function findFunction(called: string): KnownFunction | undefined {
  const whole = knownFunctions.get(called.toLowerCase());
  if (whole !== undefined) return whole;
  let rest = called.toLowerCase();
  let suffix = "";
  for (let count = 0; count < COMBINATORS_MAX; count++) {
    const found = combinators.find((one) => rest.endsWith(one.toLowerCase()));
    if (found === undefined) return undefined;
    rest = rest.slice(0, -found.length);
    suffix = found + suffix;
    const base = knownFunctions.get(rest);
    if (base?.kind === "aggregate") return { spelling: base.spelling + suffix, kind: "aggregate", takesLambda: false };
  }
  return undefined;
}
