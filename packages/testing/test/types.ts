// Nothing here runs: the type check of the tests proves what must compile, and with `@ts-expect-error` what must not.
import { scenario } from '@eventmill/testing'
import { Account, accountEvents, type Limits } from '../../core/test/fixtures/account.ts'

declare const limits: Limits

await scenario(Account, 'DE1')
  .given(accountEvents.Deposited({ cents: 5 }))
  .when(Account.commands.Close('DE1'))
  .decides(accountEvents.Closed())
await scenario(Account, 'DE1').when(Account.commands.Check('DE1'), { context: limits }).decides()

// @ts-expect-error the handler asks for a context
scenario(Account, 'DE1').when(Account.commands.Check('DE1'))
// @ts-expect-error no event of accounts
scenario(Account, 'DE1').given({ source: 'urn:x:other', type: 'Burnt', version: 1, data: {} })
// @ts-expect-error ids of accounts are text
scenario(Account, 7)
