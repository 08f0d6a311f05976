# Asking twice: an id means one transfer for ever, and an id that failed for a passing reason is burnt.

story A second request says where it differs, gravest first, or that the transfer exists.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id   debit_account_id  credit_account_id  amount  pending_id  user_data_128  user_data_64  user_data_32  timeout  ledger  code  flags    status
  pay  Ann               Bob                10      -           1              2             3             60       156     4     pending  created
  pay  X                 X                  9       x           9              9             9             9        9       9     -        exists_with_different_flags
  pay  X                 X                  9       x           9              9             9             9        9       9     pending  exists_with_different_pending_id
  pay  X                 X                  9       -           9              9             9             9        9       9     pending  exists_with_different_timeout
  pay  X                 X                  9       -           9              9             9             60       9       9     pending  exists_with_different_debit_account_id
  pay  Ann               X                  9       -           9              9             9             60       9       9     pending  exists_with_different_credit_account_id
  pay  Ann               Bob                9       -           9              9             9             60       9       9     pending  exists_with_different_amount
  pay  Ann               Bob                10      -           9              9             9             60       9       9     pending  exists_with_different_user_data_128
  pay  Ann               Bob                10      -           1              9             9             60       9       9     pending  exists_with_different_user_data_64
  pay  Ann               Bob                10      -           1              2             9             60       9       9     pending  exists_with_different_user_data_32
  pay  Ann               Bob                10      -           1              2             3             60       9       9     pending  exists_with_different_ledger
  pay  Ann               Bob                10      -           1              2             3             60       156     9     pending  exists_with_different_code
  pay  Ann               Bob                10      -           1              2             3             60       156     4     pending  exists

balances
  account  debits_pending  credits_pending
  Ann      10              -
  Bob      -               10

story A transfer that exists is recognized before the rest of the request is looked at.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id   debit_account_id  credit_account_id  amount  ledger  code  timestamp  flags                          status
  pay  Ann               Bob                10      156     1     -          -                              created
  pay  -                 Bob                10      156     1     -          -                              exists_with_different_debit_account_id
  pay  Ann               Ann                10      156     1     -          -                              exists_with_different_credit_account_id
  pay  Ann               Bob                10      -       1     -          -                              exists_with_different_ledger
  pay  Ann               Bob                10      156     -     -          -                              exists_with_different_code
  pay  Ann               Bob                10      156     1     -          closing_debit                  exists_with_different_flags
  pay  Ann               Bob                10      156     1     -          post_pending_transfer+pending  exists_with_different_flags
  pay  Ann               Bob                10      156     1     -          bit9                           reserved_flag
  pay  Ann               Bob                10      156     1     5          -                              timestamp_must_be_zero

story A retry of a post may say again what it left out, and nothing else.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id     debit_account_id  credit_account_id  amount  pending_id  user_data_128  user_data_64  user_data_32  ledger  code  flags                  status
  hold1  Ann               Bob                10      -           1              2             3             156     4     pending                created
  hold2  Ann               Bob                10      -           1              2             3             156     4     pending                created
  hold3  Ann               Bob                10      -           1              2             3             156     4     pending                created
  part   -                 -                  6       hold1       7              -             -             -       -     post_pending_transfer  created
  all    -                 -                  max     hold2       -              -             -             -       -     post_pending_transfer  created
  part   -                 -                  6       hold2       7              -             -             -       -     post_pending_transfer  exists_with_different_pending_id
  part   -                 -                  6       hold1       7              -             -             -       -     void_pending_transfer  exists_with_different_flags
  part   Bob               Ann                9       hold1       9              9             9             9       9     post_pending_transfer  exists_with_different_debit_account_id
  part   Ann               Ann                9       hold1       9              9             9             9       9     post_pending_transfer  exists_with_different_credit_account_id
  part   Ann               Bob                9       hold1       9              9             9             9       9     post_pending_transfer  exists_with_different_amount
  part   Ann               Bob                max     hold1       9              9             9             9       9     post_pending_transfer  exists_with_different_amount
  part   Ann               Bob                -       hold1       9              9             9             9       9     post_pending_transfer  exists_with_different_amount
  part   Ann               Bob                6       hold1       9              9             9             9       9     post_pending_transfer  exists_with_different_user_data_128
  part   Ann               Bob                6       hold1       -              9             9             9       9     post_pending_transfer  exists_with_different_user_data_128
  part   Ann               Bob                6       hold1       7              9             9             9       9     post_pending_transfer  exists_with_different_user_data_64
  part   Ann               Bob                6       hold1       7              -             9             9       9     post_pending_transfer  exists_with_different_user_data_32
  part   Ann               Bob                6       hold1       7              2             3             9       9     post_pending_transfer  exists_with_different_ledger
  part   Ann               Bob                6       hold1       7              2             3             156     9     post_pending_transfer  exists_with_different_code
  part   Ann               Bob                6       hold1       7              2             3             156     4     post_pending_transfer  exists
  part   -                 -                  6       hold1       7              -             -             -       -     post_pending_transfer  exists
  all    -                 -                  10      hold2       -              -             -             -       -     post_pending_transfer  exists
  all    -                 -                  max     hold2       1              2             3             -       -     post_pending_transfer  exists
  all    -                 -                  9       hold2       -              -             -             -       -     post_pending_transfer  exists_with_different_amount
  all    -                 -                  max-1   hold2       -              -             -             -       -     post_pending_transfer  exists_with_different_amount

story A retry of a void likewise.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id    debit_account_id  credit_account_id  amount  pending_id  user_data_128  user_data_64  user_data_32  timeout  ledger  code  flags                  status
  hold  Ann               Bob                10      -           1              2             3             -        156     4     pending                created
  free  -                 -                  -       hold        -              8             9             -        -       -     void_pending_transfer  created
  free  -                 -                  -       hold        -              8             9             1        -       -     void_pending_transfer  exists_with_different_timeout
  free  Bob               -                  -       hold        -              8             9             -        -       -     void_pending_transfer  exists_with_different_debit_account_id
  free  -                 Ann                -       hold        -              8             9             -        -       -     void_pending_transfer  exists_with_different_credit_account_id
  free  -                 -                  9       hold        -              8             9             -        -       -     void_pending_transfer  exists_with_different_amount
  free  -                 -                  max     hold        -              8             9             -        -       -     void_pending_transfer  exists_with_different_amount
  free  -                 -                  -       hold        7              8             9             -        -       -     void_pending_transfer  exists_with_different_user_data_128
  free  -                 -                  -       hold        -              -             9             -        -       -     void_pending_transfer  exists_with_different_user_data_64
  free  -                 -                  -       hold        -              8             -             -        -       -     void_pending_transfer  exists_with_different_user_data_32
  free  -                 -                  -       hold        -              8             9             -        1156    -     void_pending_transfer  exists_with_different_ledger
  free  -                 -                  -       hold        -              8             9             -        -       5     void_pending_transfer  exists_with_different_code
  free  -                 -                  10      hold        -              8             9             -        156     4     void_pending_transfer  exists
  free  Ann               Bob                -       hold        1              8             9             -        -       -     void_pending_transfer  exists

story A balancing retry exists when it would allow what was moved then.

accounts
  id   flags  status
  Ann  -      created
  Bob  -      created

transfers
  id     debit_account_id  credit_account_id  amount  flags                             status
  topup  Bob               Ann                10      -                                 created
  sweep  Ann               Bob                50      balancing_debit                   created
  sweep  Ann               Bob                50      balancing_debit                   exists
  sweep  Ann               Bob                10      balancing_debit                   exists
  sweep  Ann               Bob                max     balancing_debit                   exists
  sweep  Ann               Bob                9       balancing_debit                   exists_with_different_amount
  sweep  Ann               Bob                50      balancing_credit                  exists_with_different_flags
  sweep  Ann               Bob                50      balancing_debit+balancing_credit  exists_with_different_flags
  fill   Ann               Bob                50      balancing_credit                  created
  fill   Ann               Bob                -       balancing_credit                  exists
  topup  Bob               Ann                11      -                                 exists_with_different_amount

kept
  id     amount
  sweep  10
  fill   -

story Each passing reason burns the id: it fails for ever, even when the reason is gone.

accounts
  id    flags                           status
  Ann   debits_must_not_exceed_credits  created
  Safe  credits_must_not_exceed_debits  created
  Bank  -                               created
  Shut  closed                          created

transfers
  id  debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                  status
  a   Late              Bank               -           1       156     1     -                      debit_account_not_found
  b   Bank              Late               -           1       156     1     -                      credit_account_not_found
  c   -                 -                  hold        max     -       -     post_pending_transfer  pending_transfer_not_found
  d   Ann               Bank               -           1       156     1     -                      exceeds_credits
  e   Bank              Safe               -           1       156     1     -                      exceeds_debits
  f   Shut              Bank               -           1       156     1     -                      debit_account_already_closed
  g   Bank              Shut               -           1       156     1     -                      credit_account_already_closed

accounts
  id    status
  Late  created

transfers
  id     debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                  status
  hold   Late              Bank               -           1       156     1     pending                created
  topup  Safe              Ann                -           1       156     1     -                      created
  a      Late              Bank               -           1       156     1     -                      id_already_failed
  b      Bank              Late               -           1       156     1     -                      id_already_failed
  c      -                 -                  hold        max     -       -     post_pending_transfer  id_already_failed
  d      Ann               Bank               -           1       156     1     -                      id_already_failed
  e      Bank              Safe               -           1       156     1     -                      id_already_failed
  f      Late              Bank               -           1       156     1     -                      id_already_failed
  g      Bank              Late               -           1       156     1     -                      id_already_failed
  h      Ann               Bank               -           1       156     1     -                      created

absent a b c d e f g

story A burnt id is named before any other fault of the request, but not before a fault of the id or the flags' bits.

accounts
  id   status
  Ann  created

transfers
  id  debit_account_id  credit_account_id  pending_id  ledger  timestamp  flags                                        status
  a   Ann               Bob                -           156     -          -                                            credit_account_not_found
  a   -                 -                  -           -       -          -                                            id_already_failed
  a   -                 -                  a           -       -          post_pending_transfer+void_pending_transfer  id_already_failed
  a   Ann               Bob                -           156     -          bit9                                         reserved_flag
  a   Ann               Bob                -           156     5          -                                            timestamp_must_be_zero
  a   Ann               Bob                -           156     -          linked                                       linked_event_chain_open

story A request that was wrong in itself burns nothing: corrected, it may use its id.

accounts
  id     ledger  status
  Ann    156     created
  Bob    156     created
  House  1156    created

transfers
  id    debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                  status
  big   Bob               Ann                -           max     156     1     pending                created
  pay   Ann               House              -           1       156     1     -                      accounts_must_have_the_same_ledger
  pay   Ann               Bob                -           1       1156    1     -                      transfer_must_have_the_same_ledger_as_accounts
  pay   Ann               Bob                -           1       156     -     -                      code_must_not_be_zero
  pay   Bob               Ann                -           1       156     1     -                      overflows_debits
  pay   -                 -                  big         1       156     9     post_pending_transfer  pending_transfer_has_different_code
  pay   Ann               Bob                -           1       156     1     linked                 created
  next  Ann               Bob                -           1       156     1     -                      created

story Burnt ids are of transfers only: the account of that number opens.

accounts
  id   status
  Ann  created

transfers
  id    debit_account_id  credit_account_id  status
  same  Ann               Nobody             credit_account_not_found

accounts
  id    status
  same  created

story A burnt id can be named as a pending, and is as unknown as any other.

accounts
  id   status
  Ann  created

transfers
  id    debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                  status
  hold  Ann               Nobody             -           1       156     1     pending                credit_account_not_found
  take  -                 -                  hold        max     -       -     post_pending_transfer  pending_transfer_not_found
  take  -                 -                  hold        max     -       -     post_pending_transfer  id_already_failed
