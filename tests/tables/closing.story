# Closing: a pending transfer shuts an account for as long as it is pending.

story A closed account takes nothing, in either direction, until the closing is voided.

accounts
  id    status
  Ann   created
  Bob   created
  Shop  created

transfers
  id      debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                  status
  hold    Ann               Shop               -           10      156     1     pending                created
  close   Ann               Bob                -           -       156     1     pending+closing_debit  created
  pay     Ann               Shop               -           1       156     1     -                      debit_account_already_closed
  get     Shop              Ann                -           1       156     1     -                      credit_account_already_closed
  nought  Ann               Shop               -           -       156     1     -                      debit_account_already_closed
  hold2   Ann               Shop               -           1       156     1     pending                debit_account_already_closed
  take    -                 -                  hold        max     -       -     post_pending_transfer  debit_account_already_closed
  fine    Bob               Shop               -           1       156     1     -                      created

balances
  account  debits_pending  debits_posted  credits_pending  credits_posted  closed
  Ann      10              -              -                -               yes
  Bob      -               1              -                -               no
  Shop     -               -              10               1               no

transfers
  id    pending_id  flags                  status
  open  close       void_pending_transfer  created

transfers
  id     debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                  status
  take2  -                 -                  hold        max     -       -     post_pending_transfer  created
  pay2   Ann               Shop               -           1       156     1     -                      created

balances
  account  debits_pending  debits_posted  credits_pending  credits_posted  closed
  Ann      -               11             -                -               no
  Shop     -               -              -                12              no

story The credit side can be closed, or both at once.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id  debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                                 status
  c1  Ann               Bob                -           5       156     1     pending+closing_credit                created
  p1  Bob               Ann                -           1       156     1     -                                     debit_account_already_closed
  p2  Ann               Bob                -           1       156     1     -                                     credit_account_already_closed
  o1  -                 -                  c1          5       -       -     void_pending_transfer                 created
  c2  Ann               Bob                -           5       156     1     pending+closing_debit+closing_credit  created
  p3  Bob               Ann                -           1       156     1     -                                     debit_account_already_closed

balances
  account  debits_pending  credits_pending  closed
  Ann      5               -                yes
  Bob      -               5                yes

transfers
  id  pending_id  flags                  status
  o2  c2          void_pending_transfer  created

balances
  account  closed
  Ann      no
  Bob      no

story A closing can not be posted: its account is closed.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id      debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                   status
  close1  Ann               Bob                -           5       156     1     pending+closing_debit   created
  post1   -                 -                  close1      max     -       -     post_pending_transfer   debit_account_already_closed
  open1   -                 -                  close1      -       -       -     void_pending_transfer   created
  close2  Ann               Bob                -           5       156     1     pending+closing_credit  created
  post2   -                 -                  close2      max     -       -     post_pending_transfer   credit_account_already_closed

story A pending from before can be voided while its account is closed; the account stays closed.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id     debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                  status
  hold   Ann               Bob                -           10      156     1     pending                created
  close  Bob               Ann                -           -       156     1     pending+closing_debit  created
  free   -                 -                  hold        -       -       -     void_pending_transfer  created

balances
  account  closed
  Ann      no
  Bob      yes

story Closing needs an open account on both sides, and one closing excludes the next.

accounts
  id    flags   status
  Ann   -       created
  Shut  closed  created

transfers
  id  debit_account_id  credit_account_id  amount  flags                   status
  c1  Shut              Ann                -       pending+closing_debit   debit_account_already_closed
  c2  Ann               Shut               -       pending+closing_debit   credit_account_already_closed
  c3  Shut              Ann                -       pending+closing_credit  debit_account_already_closed

balances
  account  closed
  Ann      no
  Shut     yes

story Closed is graver than too much, and the debit side is named first.

accounts
  id     flags                           status
  Ann    debits_must_not_exceed_credits  created
  Shut1  closed                          created
  Shut2  closed                          created

transfers
  id  debit_account_id  credit_account_id  amount  timeout  flags    status
  p1  Shut1             Shut2              1       -        -        debit_account_already_closed
  p2  Ann               Shut1              1       -        -        credit_account_already_closed
  p3  Ann               Shut1              max     max      pending  credit_account_already_closed

story A closed account is no longer what was asked for, so asking again says that it differs.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id     debit_account_id  credit_account_id  flags                  status
  close  Ann               Bob                pending+closing_debit  created

accounts
  id   flags   status
  Ann  -       exists_with_different_flags
  Ann  closed  exists

transfers
  id    pending_id  flags                  status
  open  close       void_pending_transfer  created

accounts
  id   flags   status
  Ann  -       exists
  Ann  closed  exists_with_different_flags

story A closing sweep empties the account and shuts it in one transfer.

accounts
  id    flags                           status
  Ann   debits_must_not_exceed_credits  created
  Bank  -                               created

transfers
  id     debit_account_id  credit_account_id  amount  flags                                  status
  topup  Bank              Ann                10      -                                      created
  close  Ann               Bank               max     pending+closing_debit+balancing_debit  created
  late   Bank              Ann                5       -                                      credit_account_already_closed

balances
  account  debits_pending  credits_posted  credits_pending  debits_posted  closed
  Ann      10              10              -                -              yes
  Bank     -               -               10               10             no

story An account that was opened closed stays closed.

accounts
  id    flags   status
  Shut  closed  created
  Ann   -       created

transfers
  id    debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                  status
  hold  Shut              Ann                -           1       156     1     pending                debit_account_already_closed
  free  -                 -                  hold        -       -       -     void_pending_transfer  pending_transfer_not_found

balances
  account  closed
  Shut     yes
