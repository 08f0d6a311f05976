# Expiry: a pending with a timeout ends by itself at exactly its timestamp plus the timeout.

story One nanosecond before it is due nothing has expired; then everything is released.

accounts
  id    status
  Ann   created
  Shop  created

transfers
  id    debit_account_id  credit_account_id  amount  timeout  flags    status
  hold  Ann               Shop               100     5        pending  created

expire at due(hold) - 1ns

balances
  account  debits_pending  credits_pending
  Ann      100             -
  Shop     -               100

expire at due(hold)

balances
  account
  Ann
  Shop

kept
  id    amount  timeout  flags
  hold  100     5        pending

transfers
  id    pending_id  amount  flags                  status
  take  hold        max     post_pending_transfer  pending_transfer_expired
  free  hold        -       void_pending_transfer  pending_transfer_expired

story One nanosecond before it is due a pending can still be posted.

accounts
  id    status
  Ann   created
  Shop  created

transfers
  id    debit_account_id  credit_account_id  amount  timeout  flags    status
  hold  Ann               Shop               100     5        pending  created

transfers at due(hold) - 1ns
  id    pending_id  amount  flags                  status
  take  hold        max     post_pending_transfer  created

expire at due(hold) + 1ns

balances
  account  debits_posted  credits_posted
  Ann      100            -
  Shop     -              100

transfers
  id     pending_id  amount  flags                  status
  again  hold        max     post_pending_transfer  pending_transfer_already_posted

story At the instant it is due a pending is expired, even if nothing released it yet.

accounts
  id    status
  Ann   created
  Shop  created

transfers
  id    debit_account_id  credit_account_id  amount  timeout  flags    status
  hold  Ann               Shop               100     5        pending  created

transfers at due(hold)
  id    pending_id  amount  flags                  status
  take  hold        max     post_pending_transfer  pending_transfer_expired

transfers 9s later
  id    pending_id  amount  flags                  status
  free  hold        -       void_pending_transfer  pending_transfer_expired

expire

balances
  account
  Ann
  Shop

transfers
  id    pending_id  amount  flags                  status
  take  hold        max     post_pending_transfer  pending_transfer_expired

story Within one batch each event has its own instant.

accounts
  id    status
  Ann   created
  Shop  created

transfers
  id     debit_account_id  credit_account_id  amount  timeout  flags    status
  hold1  Ann               Shop               1       5        pending  created
  hold2  Ann               Shop               1       5        pending  created

transfers at due(hold2)
  id     pending_id  amount  flags                  status
  take1  hold2       max     post_pending_transfer  created
  take2  hold2       max     post_pending_transfer  pending_transfer_already_posted

story A batch that ends when a pending is due may post it with all but its last event.

accounts
  id    status
  Ann   created
  Shop  created

transfers
  id     debit_account_id  credit_account_id  amount  timeout  flags    status
  hold1  Ann               Shop               1       5        pending  created
  hold2  Ann               Shop               1       5        pending  created

transfers at due(hold2)
  id     pending_id  amount  flags                  status
  take1  hold1       max     post_pending_transfer  pending_transfer_expired
  take2  hold2       max     post_pending_transfer  pending_transfer_expired

story Time releases only what has a timeout and is due.

accounts
  id    status
  Ann   created
  Shop  created

transfers
  id       debit_account_id  credit_account_id  amount  timeout  flags    status
  always   Ann               Shop               1       -        pending  created
  short    Ann               Shop               10      5        pending  created
  long     Ann               Shop               100     6        pending  created
  longest  Ann               Shop               1000    max      pending  created

expire at due(long) - 1ns

balances
  account  debits_pending  credits_pending
  Ann      1101            -
  Shop     -               1101

expire 1s later

balances
  account  debits_pending  credits_pending
  Ann      1001            -
  Shop     -               1001

transfers
  id     pending_id  flags                  status
  free1  always      void_pending_transfer  created
  free2  short       void_pending_transfer  pending_transfer_expired
  free3  longest     void_pending_transfer  created

story What was posted or voided in time does not expire.

accounts
  id    status
  Ann   created
  Shop  created

transfers
  id     debit_account_id  credit_account_id  pending_id  amount  timeout  ledger  code  flags                  status
  hold1  Ann               Shop               -           10      1        156     1     pending                created
  hold2  Ann               Shop               -           10      1        156     1     pending                created
  take   -                 -                  hold1       4       -        -       -     post_pending_transfer  created
  free   -                 -                  hold2       -       -        -       -     void_pending_transfer  created

expire 2s later

balances
  account  debits_posted  credits_posted
  Ann      4              -
  Shop     -              4

transfers
  id  pending_id  flags                  status
  x1  hold1       void_pending_transfer  pending_transfer_already_posted
  x2  hold2       void_pending_transfer  pending_transfer_already_voided

story A closing that expires opens the account again.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id     debit_account_id  credit_account_id  amount  timeout  flags                                 status
  close  Ann               Bob                7       5        pending+closing_debit+closing_credit  created

transfers at due(close)
  id     debit_account_id  credit_account_id  amount  pending_id  ledger  code  flags                  status
  early  Ann               Bob                1       -           156     1     -                      debit_account_already_closed
  open   -                 -                  -       close       -       -     void_pending_transfer  pending_transfer_expired

balances
  account  debits_pending  credits_pending  closed
  Ann      7               -                yes
  Bob      -               7                yes

expire

balances
  account  closed
  Ann      no
  Bob      no

transfers
  id    debit_account_id  credit_account_id  amount  status
  late  Ann               Bob                1       created

story A pending expires in a closed account, which stays closed.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id     debit_account_id  credit_account_id  amount  timeout  flags                  status
  hold   Ann               Bob                7       5        pending                created
  close  Ann               Bob                -       -        pending+closing_debit  created

expire at due(hold)

balances
  account  closed
  Ann      yes
  Bob      no

story Money that a pending held can be spent once it is released, not once it is due.

accounts
  id    flags                           status
  Ann   debits_must_not_exceed_credits  created
  Bank  -                               created

transfers
  id     debit_account_id  credit_account_id  amount  timeout  flags    status
  topup  Bank              Ann                10      -        -        created
  hold   Ann               Bank               10      5        pending  created

transfers at due(hold)
  id     debit_account_id  credit_account_id  amount  status
  early  Ann               Bank               1       exceeds_credits

expire

transfers
  id   debit_account_id  credit_account_id  amount  status
  now  Ann               Bank               10      created

story A pending in a broken chain never was, so it can not expire.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id    debit_account_id  credit_account_id  amount  timeout  flags           status
  hold  Ann               Bob                10      1        linked+pending  linked_event_failed
  bad   Ann               Ann                -       -        -               accounts_must_be_different

expire 5s later

balances
  account
  Ann
  Bob

transfers
  id    debit_account_id  credit_account_id  amount  timeout  flags    status
  hold  Ann               Bob                10      1        pending  created

balances
  account  debits_pending  credits_pending
  Ann      10              -
  Bob      -               10

story Of two faults in ending a pending, closed comes last and what it disagrees with first.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id     debit_account_id  credit_account_id  amount  timeout  flags                                 status
  hold   Ann               Bob                10      5        pending                               created
  done   Ann               Bob                10      5        pending                               created
  close  Ann               Bob                -       -        pending+closing_debit+closing_credit  created

transfers
  id    pending_id  flags                  status
  free  done        void_pending_transfer  created

transfers at due(close) + 9s
  id  pending_id  amount  flags                  status
  x1  hold        9       void_pending_transfer  pending_transfer_has_different_amount
  x2  hold        9       post_pending_transfer  pending_transfer_expired
  x3  done        9       post_pending_transfer  pending_transfer_already_voided

story A pending whose end was undone with its chain expires once, and takes nothing from others.

accounts
  id    status
  Ann   created
  Shop  created

transfers
  id    debit_account_id  credit_account_id  pending_id  amount  timeout  ledger  code  flags                         status
  hold  Ann               Shop               -           10      5        156     1     pending                       created
  stay  Ann               Shop               -           50      -        156     1     pending                       created
  take  -                 -                  hold        max     -        -       -     linked+post_pending_transfer  linked_event_failed
  bad   Ann               Ann                -           1       -        156     1     -                             accounts_must_be_different
  free  -                 -                  hold        -       -        -       -     linked+void_pending_transfer  linked_event_failed
  bad2  Ann               Ann                -           1       -        156     1     -                             accounts_must_be_different

expire at due(hold)

balances
  account  debits_pending  credits_pending
  Ann      50              -
  Shop     -               50
