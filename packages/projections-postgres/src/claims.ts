import { type Claim, type VersionId } from '@eventmill/projections'
import { type Transactions } from './transactions.ts'

/**
 * One statement: it tells that a runner is alive, keeps what the runner holds, lets go of what is more than its share, and
 * takes what is free. All times are the database's.
 */
export async function claimPartitions(
  transactions: Transactions,
  schema: string,
  runner: string,
  versions: readonly VersionId[],
  lease: number,
): Promise<readonly Claim[]> {
  const rows = await transactions.query(
    `with asked as (
       select * from unnest($2::text[], $3::int[]) as asked (name, version)
     ), alive as (
       insert into ${schema}.runners (name, version, runner, alive_until)
       select name, version, $1::text, clock_timestamp() + $4 * interval '1 millisecond' from asked
       on conflict (name, version, runner) do update set alive_until = excluded.alive_until
     ), share as (
       select name, version, partitions / runners + case when place < partitions % runners then 1 else 0 end as size
       from (
         select name, version,
           (select count(*) from ${schema}.checkpoints c where (c.name, c.version) = (a.name, a.version)) as partitions,
           (select 1 + count(*) from ${schema}.runners r where (r.name, r.version) = (a.name, a.version)
              and runner <> $1 and alive_until > clock_timestamp()) as runners,
           -- Those who hold more come first: whoever only joins takes nothing that nobody has too much of.
           (select count(*) from ${schema}.runners r where (r.name, r.version) = (a.name, a.version)
              and runner <> $1 and alive_until > clock_timestamp()
              and ((select count(*) from ${schema}.checkpoints c where (c.name, c.version) = (a.name, a.version) and owner = runner), $1)
                > (a.own, runner)) as place
         from (
           select name, version, (select count(*) from ${schema}.checkpoints c
             where (c.name, c.version) = (asked.name, asked.version) and owner = $1) as own
           from asked
         ) a
       ) a
     ), held as (
       select name, version, partition, epoch, position,
         row_number() over (partition by name, version order by partition) as rank
       from ${schema}.checkpoints join asked using (name, version)
       where owner = $1
     ), mine as (
       -- What a switch has locked is renewed the next time: until then nobody takes it over either.
       select c.name, c.version, c.partition
       from ${schema}.checkpoints c join asked using (name, version)
       where c.owner = $1
       for update of c skip locked
     ), kept as (
       update ${schema}.checkpoints c
       set lease_until = clock_timestamp() + $4 * interval '1 millisecond'
       from mine join held using (name, version, partition) join share using (name, version)
       where (c.name, c.version, c.partition) = (mine.name, mine.version, mine.partition) and held.rank <= share.size
     ), left_to_others as (
       update ${schema}.checkpoints c
       set owner = null
       from mine join held using (name, version, partition) join share using (name, version)
       where (c.name, c.version, c.partition) = (mine.name, mine.version, mine.partition) and held.rank > share.size
     ), free as (
       select c.name, c.version, c.partition
       from ${schema}.checkpoints c join asked using (name, version)
       where c.owner is null or (c.owner <> $1 and c.lease_until <= clock_timestamp())
       for update of c skip locked
     ), ranked as (
       select free.*, row_number() over (partition by name, version order by partition) as rank from free
     ), taken as (
       update ${schema}.checkpoints c
       set owner = $1, epoch = c.epoch + 1, lease_until = clock_timestamp() + $4 * interval '1 millisecond'
       from ranked join share using (name, version)
       where (c.name, c.version, c.partition) = (ranked.name, ranked.version, ranked.partition)
         and ranked.rank <= share.size - (select count(*) from held where (held.name, held.version) = (c.name, c.version))
       returning c.name, c.version, c.partition, c.epoch, c.position
     )
     select row_to_json(claimed)::text as claim from (
       select name, version, partition, epoch, position from held join share using (name, version) where rank <= size
       union all select * from taken
     ) claimed`,
    [runner, versions.map(({ name }) => name), versions.map(({ version }) => version), lease],
  )
  return (rows as readonly { readonly claim: string }[]).map(({ claim }) => JSON.parse(claim) as Claim)
}
