# Limits: balances that must not be overdrawn, and balances that must not overflow.

story A customer spends what came in, to the last unit and no further.

accounts
  id    flags                           status
  Ann   debits_must_not_exceed_credits  created
  Shop  -                               created
  Bank  -                               created

transfers
  id     debit_account_id  credit_account_id  amount  flags    status
  none   Ann               Shop               -       -        created
  early  Ann               Shop               1       -        exceeds_credits
  topup  Bank              Ann                100     -        created
  hold   Ann               Shop               60      pending  created
  much   Ann               Shop               41      -        exceeds_credits
  much2  Ann               Shop               41      pending  exceeds_credits
  rest   Ann               Shop               40      -        created
  empty  Ann               Shop               -       -        created
  more   Ann               Shop               1       -        exceeds_credits

balances
  account  debits_pending  debits_posted  credits_pending  credits_posted
  Ann      60              40             -                100
  Shop     -               -              60               40
  Bank     -               100            -                -

story What is promised to an account is not yet its own to spend.

accounts
  id    flags                           status
  Ann   debits_must_not_exceed_credits  created
  Bank  -                               created

transfers
  id       debit_account_id  credit_account_id  pending_id  amount  flags                  status
  promise  Bank              Ann                -           100     pending                created
  early    Ann               Bank               -           1       -                      exceeds_credits
  kept     -                 -                  promise     max     post_pending_transfer  created
  now      Ann               Bank               -           100     -                      created

story An asset is never paid out beyond what it holds.

accounts
  id    flags                           status
  Safe  credits_must_not_exceed_debits  created
  Ann   -                               created

transfers
  id     debit_account_id  credit_account_id  amount  flags    status
  early  Ann               Safe               1       -        exceeds_debits
  topup  Safe              Ann                50      -        created
  hold   Ann               Safe               20      pending  created
  much   Ann               Safe               31      -        exceeds_debits
  rest   Ann               Safe               30      -        created
  more   Ann               Safe               1       pending  exceeds_debits

balances
  account  debits_pending  debits_posted  credits_pending  credits_posted
  Safe     -               50             20               30
  Ann      20              30             -                50

story When both sides refuse, the debit side speaks.

accounts
  id    flags                           status
  Ann   debits_must_not_exceed_credits  created
  Safe  credits_must_not_exceed_debits  created

transfers
  id   debit_account_id  credit_account_id  amount  status
  pay  Ann               Safe               1       exceeds_credits

story No single balance passes the greatest amount.

accounts
  id  status
  A   created
  B   created
  C   created
  D   created

transfers
  id    debit_account_id  credit_account_id  amount  flags    status
  hold  A                 B                  max-1   pending  created
  h2    A                 C                  2       pending  overflows_debits_pending
  h3    C                 B                  2       pending  overflows_credits_pending
  post  C                 D                  max-1   -        created
  p2    C                 A                  2       -        overflows_debits_posted
  p3    A                 D                  2       -        overflows_credits_posted
  h4    A                 B                  1       pending  created
  p4    C                 D                  1       -        created
  h5    A                 B                  1       pending  overflows_debits_pending
  p5    C                 D                  max     -        overflows_debits_posted

balances
  account  debits_pending  debits_posted  credits_pending  credits_posted
  A        max             -              -                -
  B        -               -              max              -
  C        -               max            -                -
  D        -               -              -                max

story Nor do pending and posted together.

accounts
  id  status
  A   created
  B   created
  C   created
  D   created

transfers
  id    debit_account_id  credit_account_id  amount  flags    status
  hold  A                 B                  max-9   pending  created
  p1    A                 C                  10      -        overflows_debits
  p2    C                 B                  10      -        overflows_credits
  p3    A                 B                  10      -        overflows_debits
  p4    A                 C                  9       -        created
  p5    C                 B                  9       -        created
  p6    A                 C                  1       -        overflows_debits
  p7    C                 B                  1       pending  overflows_credits
  post  C                 D                  max-9   -        created
  h2    A                 D                  1       pending  overflows_debits
  h3    B                 D                  10      pending  overflows_credits_posted

story An overflow is graver than a limit; of overflows the pending is named before the posted and the sum last.

accounts
  id    flags                           status
  A     -                               created
  B     -                               created
  Ann   debits_must_not_exceed_credits  created
  Safe  credits_must_not_exceed_debits  created

transfers
  id    debit_account_id  credit_account_id  amount  flags    status
  hold  A                 B                  1       pending  created
  post  A                 B                  1       -        created
  h1    A                 B                  max     pending  overflows_debits_pending
  h2    Ann               B                  max     pending  overflows_credits_pending
  p1    A                 B                  max     -        overflows_debits_posted
  p2    Ann               B                  max     -        overflows_credits_posted
  p3    A                 B                  max-1   -        overflows_debits
  p4    Ann               B                  max-1   -        overflows_credits
  p5    Ann               A                  max     -        exceeds_credits
  p6    B                 Safe               max     -        exceeds_debits
