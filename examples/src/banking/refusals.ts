import { euros } from './money.ts'

// Why a bank says no. What a handler throws reaches whoever dispatched the command, unchanged.

export class InsufficientFunds extends Error {
  override readonly name = 'InsufficientFunds'

  constructor(iban: string, cents: number, available: number) {
    super(`${iban} has ${euros(available)} to spend, which is less than ${euros(cents)}`)
  }
}

export class AccountNotOpen extends Error {
  override readonly name = 'AccountNotOpen'

  constructor(iban: string, status: 'new' | 'closed') {
    super(status === 'new' ? `${iban} was never opened` : `${iban} is closed`)
  }
}

export class AccountTaken extends Error {
  override readonly name = 'AccountTaken'

  constructor(iban: string) {
    super(`${iban} was opened before`)
  }
}

export class AccountNotEmpty extends Error {
  override readonly name = 'AccountNotEmpty'

  constructor(iban: string, balance: number) {
    super(`${iban} stands at ${euros(balance)}, and is closed at ${euros(0)} only`)
  }
}
