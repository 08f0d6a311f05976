# Balancing: transfers that move as much as there is, up to an amount.

story A balancing debit moves what the debit account can give, at most the amount.

accounts
  id    status
  Ann   created
  Bob   created
  Bank  created

transfers
  id      debit_account_id  credit_account_id  amount  flags            status
  topup   Bank              Ann                100     -                created
  hold    Ann               Bob                30      pending          created
  coming  Bank              Ann                500     pending          created
  some    Ann               Bob                20      balancing_debit  created
  rest    Ann               Bob                max     balancing_debit  created
  none    Ann               Bob                max     balancing_debit  created

balances
  account  debits_pending  debits_posted  credits_pending  credits_posted
  Ann      30              70             500              100
  Bob      -               -              30               70
  Bank     500             100            -                -

kept
  id    amount
  some  20
  rest  50
  none  -

story A balancing credit moves what the credit account can take, at most the amount.

accounts
  id    status
  Safe  created
  Bob   created

transfers
  id    debit_account_id  credit_account_id  amount  flags             status
  fill  Safe              Bob                100     -                 created
  hold  Bob               Safe               30      pending           created
  some  Bob               Safe               20      balancing_credit  created
  rest  Bob               Safe               1000    balancing_credit  created
  none  Bob               Safe               1000    balancing_credit  created

balances
  account  debits_pending  debits_posted  credits_pending  credits_posted
  Safe     -               100            30               70
  Bob      30              70             -                100

kept
  id    amount
  some  20
  rest  50
  none  -

story Balancing both sides moves the smaller of the two.

accounts
  id    status
  Ann   created
  Safe  created
  Bank  created

transfers
  id     debit_account_id  credit_account_id  amount  flags                             status
  in     Bank              Ann                40      -                                 created
  fill   Safe              Bank               25      -                                 created
  both1  Ann               Safe               max     balancing_debit+balancing_credit  created
  both2  Ann               Safe               max     balancing_debit+balancing_credit  created
  fill2  Safe              Bank               100     -                                 created
  both3  Ann               Safe               max     balancing_debit+balancing_credit  created
  fill3  Safe              Bank               2       -                                 created
  both4  Bank              Safe               1       balancing_debit+balancing_credit  created

kept
  id     amount
  both1  25
  both2  -
  both3  15
  both4  1

story An account that owes already gives nothing, not less than nothing.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id      debit_account_id  credit_account_id  amount  flags             status
  owe     Ann               Bob                10      -                 created
  sweep1  Ann               Bob                5       balancing_debit   created
  sweep2  Ann               Bob                5       balancing_credit  created

kept
  id      amount
  sweep1  -
  sweep2  -

story A balancing pending holds what there was; a post of everything posts that.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id     debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                    status
  topup  Bob               Ann                -           10      156     1     -                        created
  hold   Ann               Bob                -           max     156     1     pending+balancing_debit  created
  hold2  Ann               Bob                -           max     156     1     pending+balancing_debit  created
  much   -                 -                  hold        11      -       -     post_pending_transfer    exceeds_pending_transfer_amount
  take   -                 -                  hold        max     -       -     post_pending_transfer    created
  free   -                 -                  hold2       -       -       -     void_pending_transfer    created

balances
  account  debits_posted  credits_posted
  Ann      10             10
  Bob      10             10

kept
  id     amount  flags
  hold   10      pending+balancing_debit
  take   10      post_pending_transfer
  hold2  -       pending+balancing_debit

story Balancing one side keeps the other side's limit.

accounts
  id    flags                           status
  Ann   debits_must_not_exceed_credits  created
  Safe  credits_must_not_exceed_debits  created
  Bank  -                               created

transfers
  id     debit_account_id  credit_account_id  amount  flags                             status
  in     Bank              Ann                10      -                                 created
  over   Ann               Safe               5       balancing_debit                   exceeds_debits
  zero   Ann               Safe               5       balancing_credit                  created
  zero2  Ann               Safe               5       balancing_debit+balancing_credit  created
  fill   Safe              Bank               20      -                                 created
  over2  Ann               Safe               11      balancing_credit                  exceeds_credits
  fits   Ann               Safe               11      balancing_debit                   created

kept
  id     amount
  zero   -
  zero2  -
  fits   10

story The amount is settled before it is measured for overflow.

accounts
  id  status
  A   created
  B   created
  C   created

transfers
  id   debit_account_id  credit_account_id  amount  flags                             status
  big  C                 B                  max     -                                 created
  in   C                 A                  5       -                                 overflows_debits_posted
  in   B                 A                  5       -                                 created
  p1   A                 B                  3       -                                 overflows_credits_posted
  p2   A                 B                  max     balancing_debit                   overflows_credits_posted
  p3   A                 B                  max     balancing_credit                  created
  p4   B                 C                  max     balancing_debit+balancing_credit  created

kept
  id  amount
  p3  -
  p4  max-5
