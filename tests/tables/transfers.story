# Moving money in one step: what moves, what is refused on its face, and in which order.

story A transfer debits one account and credits another; zero is an amount like any other.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id      debit_account_id  credit_account_id  amount  user_data_128  user_data_32  status
  lunch   Ann               Bob                30      5              20260101      created
  back    Bob               Ann                10      -              -             created
  nought  Ann               Bob                -       -              -             created

balances
  account  debits_posted  credits_posted
  Ann      30             10
  Bob      10             30

kept
  id      debit_account_id  credit_account_id  amount  user_data_128  user_data_32  ledger  code
  lunch   Ann               Bob                30      5              20260101      156     1
  nought  Ann               Bob                -       -              -             156     1

story What is missing or contradicts itself is refused, and burns no id.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id   debit_account_id  credit_account_id  pending_id  timeout  ledger  code  timestamp  flags           status
  pay  Ann               Bob                -           -        156     1     5          -               timestamp_must_be_zero
  pay  Ann               Bob                -           -        156     1     -          bit8            reserved_flag
  pay  Ann               Bob                -           -        156     1     -          bit15           reserved_flag
  -    Ann               Bob                -           -        156     1     -          -               id_must_not_be_zero
  max  Ann               Bob                -           -        156     1     -          -               id_must_not_be_int_max
  pay  -                 Bob                -           -        156     1     -          -               debit_account_id_must_not_be_zero
  pay  max               Bob                -           -        156     1     -          -               debit_account_id_must_not_be_int_max
  pay  Ann               -                  -           -        156     1     -          -               credit_account_id_must_not_be_zero
  pay  Ann               max                -           -        156     1     -          -               credit_account_id_must_not_be_int_max
  pay  Ann               Ann                -           -        156     1     -          -               accounts_must_be_different
  pay  Ann               Bob                other       -        156     1     -          -               pending_id_must_be_zero
  pay  Ann               Bob                other       -        156     1     -          pending         pending_id_must_be_zero
  pay  Ann               Bob                -           1        156     1     -          -               timeout_reserved_for_pending_transfer
  pay  Ann               Bob                -           -        156     1     -          closing_debit   closing_transfer_must_be_pending
  pay  Ann               Bob                -           -        156     1     -          closing_credit  closing_transfer_must_be_pending
  pay  Ann               Bob                -           -        -       1     -          -               ledger_must_not_be_zero
  pay  Ann               Bob                -           -        156     -     -          -               code_must_not_be_zero
  pay  Ann               Bob                -           -        156     1     -          -               created

story Of two faults the graver one is named.

accounts
  id     ledger  status
  Ann    156     created
  Bob    156     created
  House  1156    created

transfers
  id    debit_account_id  credit_account_id  pending_id  timeout  ledger  code  timestamp  flags                          status
  -     Ann               Bob                -           -        156     1     5          bit8                           timestamp_must_be_zero
  -     Ann               Bob                -           -        156     1     -          bit8                           reserved_flag
  -     -                 Bob                -           -        156     1     -          -                              id_must_not_be_zero
  max   Ann               Bob                x           -        156     1     -          post_pending_transfer+pending  id_must_not_be_int_max
  pay   -                 -                  -           -        156     1     -          -                              debit_account_id_must_not_be_zero
  pay   -                 max                -           -        156     1     -          -                              debit_account_id_must_not_be_zero
  pay   max               -                  -           -        156     1     -          -                              debit_account_id_must_not_be_int_max
  pay   max               max                -           -        156     1     -          -                              debit_account_id_must_not_be_int_max
  pay   Ann               -                  x           -        156     1     -          -                              credit_account_id_must_not_be_zero
  pay   Ann               max                x           -        156     1     -          -                              credit_account_id_must_not_be_int_max
  pay   Ann               Ann                x           -        156     1     -          -                              accounts_must_be_different
  pay   Ann               Bob                x           1        156     1     -          -                              pending_id_must_be_zero
  pay   Ann               Bob                -           1        156     1     -          closing_debit                  timeout_reserved_for_pending_transfer
  pay   Ann               Bob                -           -        -       1     -          closing_credit                 closing_transfer_must_be_pending
  pay   Ann               Bob                -           -        -       -     -          -                              ledger_must_not_be_zero
  pay1  None              Bob                -           -        156     -     -          -                              code_must_not_be_zero
  pay2  None              Nobody             -           -        156     1     -          -                              debit_account_not_found
  pay3  Ann               Nobody             -           -        1156    1     -          -                              credit_account_not_found
  pay   Ann               House              -           -        7       1     -          -                              accounts_must_have_the_same_ledger

story Money stays inside its pool.

accounts
  id     ledger  flags   status
  Ann    156     -       created
  Bob    156     -       created
  House  1156    -       created
  Gone   1156    closed  created

transfers
  id   debit_account_id  credit_account_id  ledger  status
  pay  Ann               House              156     accounts_must_have_the_same_ledger
  pay  Ann               House              1156    accounts_must_have_the_same_ledger
  pay  Ann               Bob                1156    transfer_must_have_the_same_ledger_as_accounts
  pay  House             Gone               156     transfer_must_have_the_same_ledger_as_accounts
  pay  Ann               Gone               156     accounts_must_have_the_same_ledger
  pay  Ann               Bob                156     created
