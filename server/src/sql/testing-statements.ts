// Statements for tests of the guard: what people write, and what nobody may run.

export const goodStatements: readonly string[] = [
  "select 1",
  "select count() from events",
  "select event, count(*) as n, uniq(profile_id) from events group by event order by n desc limit 10",
  "with orders as (select profile_id, total from order_completed where total > 5), twice as (select a.profile_id as pid from orders as a join orders b on a.profile_id = b.profile_id) select count() from twice",
  "select e.message_id, p.email from events e left join profiles p on p.profile_id = e.profile_id where e.is_bot = 0 order by 1 asc nulls last, 2 desc limit 5 offset 0",
  "select sum(total) over (partition by profile_id order by timestamp rows between unbounded preceding and current row) s from order_completed",
  "select arrayMap(x -> x + 1, [1,2,3]) as a, (1, 'b').2, [1,2][1], -5 - -3, 2 * (3 + 4) % 5, 'a' || 'b' || 'c', 10 div 3, 1 ? 2 : 3",
  "select * except (properties) from order_completed where currency in ('EUR', 'USD') and total between 1 and 100 and note not like '%x%' and name is not null",
  "select quantile(0.9)(total), quantiles(0.5, 0.9)(total), countIf(total > 5), uniqExactIf(profile_id, gift), count(distinct profile_id), sumOrNull(total) from order_completed",
  "select cast(total as Nullable(Int32)), total::String, cast('5', 'UInt8'), accurateCastOrNull('x', 'UInt8'), toDate('2026-01-01') + interval 3 day, date '2026-01-02', interval '1 day' + today() > today(), extract(year from timestamp) from order_completed",
  "select case when total > 10 then 'big' else 'small' end, case currency when 'EUR' then 1 end, if(total > 1, 1, 2), multiIf(total > 1, 1, 2), coalesce(null, 1), not (1 = 2) from order_completed",
  "select {p:UInt32} + 1, {s:String}, 1 in {ids:Array(UInt32)}, {col:Identifier} from events limit {p:UInt8}",
  "select number from numbers(5) union all select 7 union distinct select 8",
  "select event, x from events array join [1,2] as x",
  "select profile_id in (select profile_id from audience_members where audience = 'vip') from profiles",
  "with 5 as x, (select max(total) from order_completed) as m select x + 1, m",
  "select exists(select 1 from events), version(), currentDatabase(), timezone()",
  "show tables",
  "describe table order_completed format JSONEachRow",
  "select count() filter (where total > 11), dateDiff(day, timestamp, now()) > 0, date_trunc('month', timestamp), dateAdd(month, 1, toDate('2026-01-01')) from order_completed group by all limit 1 by 1",
  "select JSONExtractString(properties, 'note'), JSONExtract(properties, 'total', 'Float64'), JSONExtract(properties, 'products', 'Array(Tuple(sku String))') from events",
  "select tributary.events.event, events.event from tributary.events limit 1",
  "select name from system.tables where database = 'tributary' and name like 'ord%'",
  "select \"event\" as \"my event\", `type` from default.events where event in ['Order Completed'] or profile_id in (profile_id, profile_id)",
  "select count() from profiles group by grouping sets ((email), ())",
  "select row_number() over w, lag(total) over w from order_completed window w as (partition by currency order by total)",
  "select cart_id, trait_email from order_completed cross join profiles",
  "select model, run_id, change, count() as n, min(at), max(seq) from model_changes group by model, run_id, change order by n desc",
  "select c.key, c.change, d.destination, d.outcome, d.finished_at from model_changes c left join deliveries d on d.model = c.model and d.row_seq = c.seq order by c.seq",
  "select JSONExtractString(r.data, 'plan') as plan, p.email from model_rows r left join profiles p on p.profile_id = r.profile_id where r.model = 'customers'",
];

/** Each a way that somebody could think of. `FILE` and `OUT` are paths that a test puts in: one to be read, one to be written. */
export const hostileStatements: readonly string[] = `
select * from default.events where 1 into outfile 'OUT'
select 1 settings readonly = 1 into outfile 'OUT'
select 1 into outfile 'OUT' truncate format CSV
select file('FILE')
select * from file('FILE', 'LineAsString')
select * from file('FILE', 'CSV', 'a String')
select * from (select file('FILE'))
with file('FILE') as x select x
with (select * from file('FILE', LineAsString)) as x select x
select 1 in file('FILE', LineAsString)
select * from s3('http://127.0.0.1:1/x', 'CSV')
select * from url('http://127.0.0.1:1/', 'LineAsString')
select * from urlCluster('a', 'http://127.0.0.1:1/')
select * from remote('127.0.0.1', 'default.events')
select * from remoteSecure('127.0.0.1', default, events)
select * from cluster('default', 'default.events')
select * from clusterAllReplicas('default', system.one)
select * from merge('default', '.*')
select * from merge('.*', 'events') settings additional_table_filters = {}
select * from merge(REGEXP('.*'), 'events')
select * from mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')
select * from postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')
select * from sqlite('FILE', 'x')
select * from mongodb('127.0.0.1:1', 'a', 'b', 'c', 'd', 'e')
select * from redis('127.0.0.1:1', 'a', 'b')
select * from jdbc('x', 'y', 'z')
select * from odbc('x', 'y', 'z')
select * from hdfs('hdfs://127.0.0.1/x')
select * from executable('cat FILE', 'LineAsString', 'a String')
select * from input('a String')
select * from view(select * from default.events)
select * from viewIfPermitted(select 1 else null('a String'))
select * from dictionary('x')
select * from loop(events)
select * from fuzzQuery('select 1')
select * from fuzzJSON(x)
select * from generateRandom('a String')
select * from generate_series(1, 1000000000000)
select * from numbers(100000000000)
select * from numbers_mt(10)
select * from zeros(10)
select * from values('a String', 'x')
select * from format(CSV, 'a')
select * from null('a String')
select * from mergeTreeIndex('default', 'events')
select * from mergeTreeParts('default', 'events')
select * from timeSeriesData('x')
select * from system.processes
select * from system.query_log
select * from system.parts
select * from system.users
select * from system . processes
select * from \`system\`.\`processes\`
select * from "system"."processes"
select * from INFORMATION_SCHEMA.tables
select * from information_schema.columns
select * from default.profile_override
select * from profile_override
select * from default.delivery_exchanges
select * from list_member
select * from default.\`events_raw\`
select * from model_change
select * from default.model_change
select * from model_row
select * from default.model_row
select row from model_rows
select person from model_changes
select key_hash, row_hash from model_changes
select __c.person from model_changes
select __c.row, __w.__of from model_rows
with 'x' as __c select * from model_changes
select * from model_changes where (model, seq) in (select model_id, seq from default.model_change)
select d.person_id from deliveries d
select dictGet('x', 'y', 1)
select dictGetOrDefault('x', 'y', 1, 2)
select dictHas('x', 1)
select joinGet('default.profile_override', 'survivor_id', 1)
select joinGetOrNull(default.x, 'y', 1)
select getSetting('max_threads')
select getSettingOrDefault('x', 1)
select getServerSetting('x')
select getMacro('x')
select currentUser() + 1, currentRoles()
select initialQueryID()
select queryID()
select serverUUID()
select tcpPort()
select filesystemAvailable()
select hostName(1)
select uptime()
select buildId()
select sleep(3)
select sleepEachRow(1)
select throwIf(1)
select hasColumnInTable('default', 'events', 'raw')
select evalMLMethod(1, 2)
select catboostEvaluate('FILE', 1)
select addressToLine(1)
select demangle('x')
select logTrace('x')
select getOSKernelVersion()
select zookeeperSessionUptime()
select showCertificate()
select reinterpretAsString(1)
select reinterpret('x', 'UInt64')
select finalizeAggregation(unhex('00'))
select initializeAggregation('sumState', 1)
select arrayReduce('sumState', [1])
select sumState(total) from order_completed
select sumMerge(x) from (select 1 as x)
select runningAccumulate(1)
select cast(unhex('ffff') as AggregateFunction(groupArray, String))
select cast('x', 'AggregateFunction(uniq, String)')
select 'x'::SimpleAggregateFunction(sum, UInt64)
select '{}'::JSON
select JSONExtract('x', 'AggregateFunction(sum, UInt64)')
select formatRow('CSV', 1)
select generateRandomStructure()
select structureToProtobufSchema('a String')
select base64UrlEncode(x) from events; select 1
select 1; select 2
select 1;; drop table events
drop table events
truncate table default.events
insert into events select * from events
insert into function file('OUT') select 1
alter table events delete where 1
create table x (a Int8) engine = Memory
create view v as select * from default.events
attach table x from 'FILE'
rename table events to x
optimize table events
system flush logs
kill query where 1
backup table events to Disk('x', 'y')
grant all on *.* to x
set max_threads = 1
use default
exchange tables a and b
explain select * from events
explain ast select 1
explain plan select * from default.events
check table events
show processlist
show create user default
show grants
show settings like 'x'
watch events
describe table file('FILE')
describe (select file('FILE'))
exists table file('FILE')
select * from events settings max_threads = 100
select * from events settings additional_table_filters = {'events': '1'}
select * from events format Null settings x = 1
with 1 as workspace_id select * from default.events where workspace_id = 8 settings x = 1
with recursive r as (select 1 union all select * from r) select * from r
select * from events prewhere workspace_id = 8
select raw from events
select workspace_id from events
select block_id, row_id from events
select __e.workspace_id from events
select __e.raw as x from events
select events.__e from events
select 1 as __e
select 1 as \`__e\`
with 8 as __e select 1
with __e as (select 8 as workspace_id) select * from events
select * from events as __e
select (select __e.raw) from events
select arrayMap(__e -> __e, [1])
select _table, _part, _database from events
select _path from events
select _partition_id from profiles
select 1 in default.events
select 1 in events
select 1 in (events)
select 1 in (default.events)
select 1 in ((events))
select (1, 2) in events
select 1 global in events
select 1 not in profile_override
select in(1, events)
select notIn(1, events)
select globalIn(1, events)
select nullIn(1, events)
select equals(1, events)
select has(events, 1)
select columns('.*') from events
select events.columns('.*') from events
select * apply(toString) from events
select * replace(file('FILE') as event) from events
select \`file\`('FILE')
select "file"('FILE')
select file ('FILE')
select file/**/('FILE')
select FILE('FILE')
select /* */ file /* x */ ('FILE')
select -- x
 file('FILE')
select 1 # comment
 , 2
select 1 #! x
select $heredoc$ x $heredoc$
select $$x$$
select * from $$events$$
select 'a\\' || file('FILE') || '
select 'a\\\\' || file('FILE') || ''
select '\\' from default.events -- '
select "a\\" from default.events -- "
select \`a\\\` from default.events -- \`
select 'a''b' || file('FILE')
select "a""b"
select \`a\`\`b\`
select '\\x27 || file(1)'
select ‘x’
select * from еvents
select ｆｉｌｅ('FILE')
select * from events\u00a0where 1
select * from\u200bdefault.events
select 1\u2028, 2
select {x:String}
select {table:Identifier} from events
select * from {table:Identifier}
select * from default.{table:Identifier}
select {p:AggregateFunction(sum, UInt64)}
select {p:String} settings x = 1
select @x
select @@version
select :x
select ?
select a.b.c.d.e from default.events.x
select * from default.events.raw
select * from a.b.c
select * from events final sample 0.1
select * from events sample 1/2
select * from events, default.events as x, system.processes
select * from events join system.processes on 1 = 1
select * from events left join default.profile_override as p on p.profile_id = events.profile_id
select * from (select * from (select * from (select * from default.query_log)))
select * from events union all select * from default.delivery_exchanges
select * from events where profile_id in (select profile_id from default.list_member)
select (select count() from system.tables_all)
select * from events array join file('FILE') as x
select * from events order by file('FILE')
select * from events limit file('FILE')
select * from events limit 1 by file('FILE')
select * from events group by sleep(3)
select * from events having sleep(3)
select count() over (partition by sleep(3)) from events
select count() over (order by file('FILE')) from events
select count() filter (where sleep(1)) from events
select quantile(file('FILE'))(1)
select case when file('FILE') = '' then 1 end
select interval file('FILE') day
select arrayMap(x -> file('FILE'), [1])
select arrayMap(file, ['FILE'])
select if(1, file('FILE'), '')
select [file('FILE')]
select (file('FILE'), 1).1
select file('FILE')[1]
select file('FILE')::String
select cast(file('FILE') as String)
select cast('x' as String) settings a = 1
select exists(select * from system.processes)
select * from events where like('x', file('FILE'))
select extract(year from file('FILE'))
select dateDiff(day, sleep(1), now())
select 1 intersect select * from system.one_more
select 1 with fill from 1 to 1000000000000
select 1 order by 1 with fill
select * from events limit 1 with ties
select 1 format PrettyCompact format CSV
select 1 format \`Native\` into outfile 'OUT'
create function f as x -> x
select f(1)
with x -> file('FILE') as f select f(1)
with x -> x as f select f(1)
select 1 from (select 1
select ((((((1
'
"
\`
select '
;
select 1e
select 0b1
select 1_000
select 12abc
`.split("\n").reduce<string[]>((all, line) => {
  // A line that begins with a space goes on with the one before.
  if (line.startsWith(" ")) all.push(`${all.pop() ?? ""}\n${line}`);
  else if (line !== "") all.push(line);
  return all;
}, []);
