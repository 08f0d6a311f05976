# The end of time: a timeout that would pass the last nanosecond, in the year 2262.

story The longest timeout fits until one nanosecond more would pass the end.

accounts at 4928404741854775800
  id    status
  Ann   created
  Shop  created

transfers at 4928404741854775809
  id    debit_account_id  credit_account_id  amount  timeout  flags    status
  last  Ann               Shop               10      max      pending  created
  over  Ann               Shop               10      max      pending  overflows_timeout
  less  Ann               Shop               10      max-1    pending  created

balances
  account  debits_pending  credits_pending
  Ann      20              -
  Shop     -               20

story Closed accounts and overflowing amounts are named before it, limits after it.

accounts at 9223372036854000000
  id    flags                           status
  Ann   debits_must_not_exceed_credits  created
  Bob   -                               created
  Shut  closed                          created

transfers
  id  debit_account_id  credit_account_id  amount  timeout  flags    status
  h1  Ann               Shut               max     max      pending  credit_account_already_closed
  h2  Bob               Ann                1       -        -        created
  h3  Bob               Ann                max     max      pending  overflows_debits_posted
  h4  Ann               Bob                2       1        pending  overflows_timeout
  h5  Ann               Bob                2       -        pending  exceeds_credits
  h4  Ann               Bob                1       -        pending  created
