import type pg from 'pg'

/**
 * Sets the time that the functions of a schema read from the server's clock, in milliseconds since 1970. From the first
 * time on they read a table instead.
 */
export function serverClock(schema: string, pool: pg.Pool): (time: number) => Promise<void> {
  let replaced: Promise<void> | undefined
  return async (time) => {
    await (replaced ??= replaceClock(schema, pool))
    await pool.query(`update ${schema}.test_time set now = to_timestamp($1::numeric / 1000)`, [time])
  }
}

/** Whatever the functions look like: the database itself says how they are written. */
async function replaceClock(schema: string, pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ definition: string }>(
    `select pg_get_functiondef(oid) as definition from pg_proc
     where pronamespace = $1::regnamespace and prokind = 'f'`,
    [schema],
  )
  const rewritten = rows
    .map(({ definition }) => definition)
    .filter((definition) => CLOCK.test(definition))
    .map((definition) => definition.replaceAll(new RegExp(CLOCK, 'g'), () => `${schema}.test_clock()`))
  if (rewritten.length === 0) throw new Error(`no function in ${schema} calls clock_timestamp()`)
  await pool.query(
    [
      `create table ${schema}.test_time as select clock_timestamp() as now`,
      `create function ${schema}.test_clock() returns timestamptz language sql volatile
         as $body$ select now from ${schema}.test_time $body$`,
      ...rewritten,
    ].join(';\n'),
  )
}

const CLOCK = /(pg_catalog\.)?clock_timestamp\(\s*\)/
