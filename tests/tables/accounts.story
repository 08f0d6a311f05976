# Opening accounts: what is refused, in which order, and what a second request for the same account means.

story Accounts open on their own; the books of a new account are empty.

accounts
  id      ledger  code  flags                           user_data_128  status
  Ann     156     2001  debits_must_not_exceed_credits  77             created
  Bank    156     1001  credits_must_not_exceed_debits  -              created
  House   1156    3001  -                               -              created
  Frozen  156     2001  closed                          -              created

balances
  account  closed
  Ann      no
  Bank     no
  House    no
  Frozen   yes

story What is missing or not the client's to say is refused.

accounts
  id   ledger  code  debits_pending  debits_posted  credits_pending  credits_posted  timestamp  flags                                                          status
  Ann  156     1     -               -              -                -               5          -                                                              timestamp_must_be_zero
  Ann  156     1     -               -              -                -               -          bit3                                                           reserved_flag
  Ann  156     1     -               -              -                -               -          bit4                                                           reserved_flag
  Ann  156     1     -               -              -                -               -          bit15                                                          reserved_flag
  -    156     1     -               -              -                -               -          -                                                              id_must_not_be_zero
  max  156     1     -               -              -                -               -          -                                                              id_must_not_be_int_max
  Ann  156     1     -               -              -                -               -          debits_must_not_exceed_credits+credits_must_not_exceed_debits  flags_are_mutually_exclusive
  Ann  156     1     1               -              -                -               -          -                                                              debits_pending_must_be_zero
  Ann  156     1     -               1              -                -               -          -                                                              debits_posted_must_be_zero
  Ann  156     1     -               -              1                -               -          -                                                              credits_pending_must_be_zero
  Ann  156     1     -               -              -                max             -          -                                                              credits_posted_must_be_zero
  -    156     1     -               -              -                -               -          -                                                              id_must_not_be_zero
  Ann  -       1     -               -              -                -               -          -                                                              ledger_must_not_be_zero
  Ann  156     -     -               -              -                -               -          -                                                              code_must_not_be_zero
  Ann  156     1     -               -              -                -               -          -                                                              created

story Of two faults the graver one is named.

accounts
  id   ledger  code  debits_pending  debits_posted  credits_pending  credits_posted  timestamp  flags                                                          status
  -    156     1     -               -              -                -               5          bit6                                                           timestamp_must_be_zero
  -    156     1     -               -              -                -               -          bit6                                                           reserved_flag
  -    156     1     -               -              -                -               -          debits_must_not_exceed_credits+credits_must_not_exceed_debits  id_must_not_be_zero
  max  156     1     -               -              -                -               -          debits_must_not_exceed_credits+credits_must_not_exceed_debits  id_must_not_be_int_max
  Ann  156     1     1               -              -                -               -          debits_must_not_exceed_credits+credits_must_not_exceed_debits  flags_are_mutually_exclusive
  Ann  156     1     1               1              -                -               -          -                                                              debits_pending_must_be_zero
  Ann  156     1     -               1              1                -               -          -                                                              debits_posted_must_be_zero
  Ann  156     1     -               -              1                1               -          -                                                              credits_pending_must_be_zero
  Ann  -       1     -               -              -                1               -          -                                                              credits_posted_must_be_zero
  Ann  -       -     -               -              -                -               -          -                                                              ledger_must_not_be_zero

story A second request for an account says where it differs, gravest first, or that the account exists.

accounts
  id   user_data_128  user_data_64  user_data_32  ledger  code  flags   status
  Ann  1              2             3             156     4     closed  created
  Ann  9              9             9             9       9     -       exists_with_different_flags
  Ann  9              9             9             9       9     closed  exists_with_different_user_data_128
  Ann  1              9             9             9       9     closed  exists_with_different_user_data_64
  Ann  1              2             9             9       9     closed  exists_with_different_user_data_32
  Ann  1              2             3             9       9     closed  exists_with_different_ledger
  Ann  1              2             3             156     9     closed  exists_with_different_code
  Ann  1              2             3             156     4     closed  exists

story An account that exists is recognized before the rest of the request is looked at.

accounts
  id   credits_posted  ledger  code  flags                                                          status
  Ann  -               156     1     -                                                              created
  Ann  7               156     1     -                                                              exists
  Ann  -               -       1     -                                                              exists_with_different_ledger
  Ann  -               156     -     -                                                              exists_with_different_code
  Ann  -               156     1     debits_must_not_exceed_credits+credits_must_not_exceed_debits  exists_with_different_flags
  Ann  -               156     1     bit7                                                           reserved_flag

story A chain of accounts opens whole or not at all.

accounts
  id   ledger  flags   status
  Ann  156     linked  created
  Bob  156     -       created
  Cem  -       linked  ledger_must_not_be_zero
  Dan  156     -       linked_event_failed
  Eve  156     linked  linked_event_failed
  Ann  156     linked  exists
  Fay  156     -       linked_event_failed
  Eve  156     -       created

transfers
  id      debit_account_id  credit_account_id  status
  to_dan  Ann               Dan                credit_account_not_found
  to_fay  Ann               Fay                credit_account_not_found
  to_eve  Ann               Eve                created

story The flag that links is part of what an account was asked for.

accounts
  id   flags   status
  Ann  linked  created
  Bob  -       created

accounts
  id   flags   status
  Ann  -       exists_with_different_flags
  Bob  -       exists
  Ann  linked  exists
  Bob  linked  linked_event_chain_open

story A chain that the batch leaves open fails whole; its last link is told so even when it is faulty itself.

accounts
  id   timestamp  flags   status
  Ann  -          linked  linked_event_failed
  Bob  5          linked  linked_event_chain_open

accounts
  id   timestamp  flags   status
  Ann  5          linked  timestamp_must_be_zero
  Bob  -          linked  linked_event_failed
  Cem  -          linked  linked_event_chain_open

accounts
  id   flags   status
  Ann  -       created
  Bob  -       created
  Cem  linked  linked_event_chain_open
