# Two phases: a pending transfer reserves; posting it moves, voiding it releases.

story A pending holds the amount on both sides; posting all of it moves all of it.

accounts
  id    status
  Ann   created
  Shop  created

transfers
  id    debit_account_id  credit_account_id  amount  user_data_128  user_data_64  user_data_32  flags    status
  hold  Ann               Shop               100     7              8             9             pending  created

balances
  account  debits_pending  credits_pending
  Ann      100             -
  Shop     -               100

transfers
  id    pending_id  amount  flags                  status
  take  hold        max     post_pending_transfer  created

balances
  account  debits_posted  credits_posted
  Ann      100            -
  Shop     -              100

kept
  id    debit_account_id  credit_account_id  amount  pending_id  user_data_128  user_data_64  user_data_32  ledger  code  flags
  hold  Ann               Shop               100     -           7              8             9             156     1     pending
  take  Ann               Shop               100     hold        7              8             9             156     1     post_pending_transfer

story A post moves a part and releases the rest.

accounts
  id    status
  Ann   created
  Shop  created

transfers
  id    debit_account_id  credit_account_id  pending_id  amount  user_data_128  user_data_64  user_data_32  ledger  code  flags                  status
  hold  Ann               Shop               -           100     7              8             9             156     1     pending                created
  take  Ann               Shop               hold        60      1              2             3             156     1     post_pending_transfer  created

balances
  account  debits_posted  credits_posted
  Ann      60             -
  Shop     -              60

kept
  id    amount  user_data_128  user_data_64  user_data_32
  hold  100     7              8             9
  take  60      1              2             3

story A post of zero moves nothing and releases everything; it is not a post of everything.

accounts
  id    status
  Ann   created
  Shop  created

transfers
  id     debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                  status
  hold   Ann               Shop               -           100     156     1     pending                created
  take   -                 -                  hold        -       -       -     post_pending_transfer  created
  again  -                 -                  hold        100     -       -     post_pending_transfer  pending_transfer_already_posted

balances
  account
  Ann
  Shop

kept
  id    amount
  take  -

story A void releases everything, whether it names no amount or the whole amount.

accounts
  id    status
  Ann   created
  Shop  created

transfers
  id     debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                  status
  hold1  Ann               Shop               -           100     156     1     pending                created
  hold2  Ann               Shop               -           50      156     1     pending                created
  free1  -                 -                  hold1       -       -       -     void_pending_transfer  created
  free2  Ann               Shop               hold2       50      156     1     void_pending_transfer  created

balances
  account
  Ann
  Shop

kept
  id     amount  flags
  free1  100     void_pending_transfer
  free2  50      void_pending_transfer

story A pending ends once.

accounts
  id    status
  Ann   created
  Shop  created

transfers
  id     debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                  status
  hold1  Ann               Shop               -           10      156     1     pending                created
  hold2  Ann               Shop               -           10      156     1     pending                created
  post1  -                 -                  hold1       max     -       -     post_pending_transfer  created
  void2  -                 -                  hold2       -       -       -     void_pending_transfer  created
  x1     -                 -                  hold1       max     -       -     post_pending_transfer  pending_transfer_already_posted
  x2     -                 -                  hold1       -       -       -     void_pending_transfer  pending_transfer_already_posted
  x3     -                 -                  hold2       max     -       -     post_pending_transfer  pending_transfer_already_voided
  x4     -                 -                  hold2       -       -       -     void_pending_transfer  pending_transfer_already_voided

story A pending of zero is still a pending.

accounts
  id    status
  Ann   created
  Shop  created

transfers
  id     debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                  status
  hold1  Ann               Shop               -           -       156     1     pending                created
  hold2  Ann               Shop               -           -       156     1     pending                created
  post1  -                 -                  hold1       max     -       -     post_pending_transfer  created
  more   -                 -                  hold2       1       -       -     post_pending_transfer  exceeds_pending_transfer_amount
  void2  -                 -                  hold2       -       -       -     void_pending_transfer  created
  again  -                 -                  hold2       -       -       -     void_pending_transfer  pending_transfer_already_voided

kept
  id     amount
  post1  -
  void2  -

story The greatest amount can be pending, and posting all of it means that.

accounts
  id    status
  Ann   created
  Shop  created

transfers
  id    debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                  status
  hold  Ann               Shop               -           max     156     1     pending                created
  less  -                 -                  hold        max-1   -       -     void_pending_transfer  pending_transfer_has_different_amount
  take  -                 -                  hold        max     -       -     post_pending_transfer  created

balances
  account  debits_posted  credits_posted
  Ann      max            -
  Shop     -              max

story Posting needs no room under the limit: the pending has made it already.

accounts
  id    flags                           status
  Ann   debits_must_not_exceed_credits  created
  Shop  -                               created

transfers
  id     debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                  status
  topup  Shop              Ann                -           10      156     1     -                      created
  hold   Ann               Shop               -           10      156     1     pending                created
  much   Ann               Shop               -           1       156     1     -                      exceeds_credits
  take   -                 -                  hold        4       -       -     post_pending_transfer  created
  rest   Ann               Shop               -           6       156     1     -                      created

balances
  account  debits_posted  credits_posted
  Ann      10             10
  Shop     10             10

story What a post or void says must agree with its pending; it may leave everything out.

accounts
  id    ledger  status
  Ann   156     created
  Shop  156     created
  Bob   156     created

transfers
  id    debit_account_id  credit_account_id  pending_id  amount  timeout  ledger  code  flags                  status
  hold  Ann               Shop               -           10      -        156     1     pending                created
  paid  Ann               Shop               -           10      -        156     1     -                      created
  take  -                 -                  -           max     -        -       -     post_pending_transfer  pending_id_must_not_be_zero
  take  -                 -                  max         max     -        -       -     post_pending_transfer  pending_id_must_not_be_int_max
  take  -                 -                  take        max     -        -       -     post_pending_transfer  pending_id_must_be_different
  take  -                 -                  hold        max     1        -       -     post_pending_transfer  timeout_reserved_for_pending_transfer
  take  -                 -                  paid        max     -        -       -     post_pending_transfer  pending_transfer_not_pending
  take  Bob               -                  hold        max     -        -       -     post_pending_transfer  pending_transfer_has_different_debit_account_id
  take  -                 Bob                hold        max     -        -       -     post_pending_transfer  pending_transfer_has_different_credit_account_id
  take  -                 -                  hold        max     -        1156    -     post_pending_transfer  pending_transfer_has_different_ledger
  take  -                 -                  hold        max     -        -       2     post_pending_transfer  pending_transfer_has_different_code
  take  -                 -                  hold        11      -        -       -     post_pending_transfer  exceeds_pending_transfer_amount
  take  -                 -                  hold        9       -        -       -     void_pending_transfer  pending_transfer_has_different_amount
  take  -                 -                  hold        11      -        -       -     void_pending_transfer  exceeds_pending_transfer_amount
  take  -                 -                  hold        max     -        -       -     void_pending_transfer  exceeds_pending_transfer_amount
  lost  -                 -                  nothing     max     -        -       -     post_pending_transfer  pending_transfer_not_found
  take  -                 -                  hold        max     -        -       -     post_pending_transfer  created

story A post or void has one meaning at a time.

accounts
  id    status
  Ann   created
  Shop  created

transfers
  id    debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                                        status
  hold  Ann               Shop               -           10      156     1     pending                                      created
  take  -                 -                  hold        max     -       -     post_pending_transfer+void_pending_transfer  flags_are_mutually_exclusive
  take  -                 -                  hold        max     -       -     post_pending_transfer+pending                flags_are_mutually_exclusive
  take  -                 -                  hold        max     -       -     void_pending_transfer+pending                flags_are_mutually_exclusive
  take  -                 -                  hold        max     -       -     post_pending_transfer+balancing_debit        flags_are_mutually_exclusive
  take  -                 -                  hold        max     -       -     void_pending_transfer+balancing_credit       flags_are_mutually_exclusive
  take  -                 -                  hold        max     -       -     post_pending_transfer+closing_debit          flags_are_mutually_exclusive
  take  -                 -                  hold        max     -       -     void_pending_transfer+closing_credit         flags_are_mutually_exclusive
  take  -                 -                  hold        max     -       -     post_pending_transfer                        created

story Of two faults in a post or void the graver one is named.

accounts
  id    status
  Ann   created
  Shop  created

transfers
  id    debit_account_id  credit_account_id  pending_id  amount  timeout  ledger  code  flags                          status
  hold  Ann               Shop               -           10      -        156     1     pending                        created
  paid  Ann               Shop               -           10      -        156     1     -                              created
  done  Ann               Shop               -           10      -        156     1     pending                        created
  end   -                 -                  done        max     -        -       -     post_pending_transfer          created
  take  -                 -                  -           max     -        -       -     post_pending_transfer+pending  flags_are_mutually_exclusive
  take  -                 -                  -           max     1        -       -     post_pending_transfer          pending_id_must_not_be_zero
  take  -                 -                  max         max     1        -       -     post_pending_transfer          pending_id_must_not_be_int_max
  take  -                 -                  take        max     1        -       -     post_pending_transfer          pending_id_must_be_different
  take  -                 -                  nothing     max     1        -       -     post_pending_transfer          timeout_reserved_for_pending_transfer
  take  Shop              -                  paid        max     -        -       -     post_pending_transfer          pending_transfer_not_pending
  take  Shop              Ann                hold        11      -        9       9     post_pending_transfer          pending_transfer_has_different_debit_account_id
  take  -                 Ann                hold        11      -        9       9     post_pending_transfer          pending_transfer_has_different_credit_account_id
  take  -                 -                  hold        11      -        9       9     post_pending_transfer          pending_transfer_has_different_ledger
  take  -                 -                  hold        11      -        -       9     post_pending_transfer          pending_transfer_has_different_code
  take  -                 -                  done        11      -        -       -     post_pending_transfer          exceeds_pending_transfer_amount
  take  -                 -                  done        9       -        -       -     void_pending_transfer          pending_transfer_has_different_amount
  take  -                 -                  done        9       -        -       -     post_pending_transfer          pending_transfer_already_posted
