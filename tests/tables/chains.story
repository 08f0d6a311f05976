# Linked chains: transfers that happen together or not at all.

story A whole chain happens; each link sees what the one before it did.

accounts
  id    flags                           status
  Ann   debits_must_not_exceed_credits  created
  Bob   debits_must_not_exceed_credits  created
  Bank  -                               created

transfers
  id     debit_account_id  credit_account_id  amount  flags   status
  topup  Bank              Ann                10      linked  created
  send   Ann               Bob                10      linked  created
  out    Bob               Bank               10      -       created

balances
  account  debits_posted  credits_posted
  Ann      10             10
  Bob      10             10
  Bank     10             10

kept
  id     flags
  topup  linked
  send   linked
  out    -

story A chain broken at its first link, in the middle or at its end leaves nothing behind.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id  debit_account_id  credit_account_id  amount  flags   status
  a1  Ann               Ann                1       linked  accounts_must_be_different
  a2  Ann               Bob                1       -       linked_event_failed
  b1  Ann               Bob                1       linked  linked_event_failed
  b2  Ann               Ann                1       linked  accounts_must_be_different
  b3  Ann               Bob                1       -       linked_event_failed
  c1  Ann               Bob                1       linked  linked_event_failed
  c2  Ann               Bob                1       linked  linked_event_failed
  c3  Ann               Ann                1       -       accounts_must_be_different
  d   Ann               Bob                5       -       created

balances
  account  debits_posted  credits_posted
  Ann      5              -
  Bob      -              5

absent a1 a2 b1 b2 b3 c1 c2 c3

story Only the first fault of a chain is named; later links are not looked at.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id  debit_account_id  credit_account_id  timestamp  flags        status
  a1  Ann               Bob                -          linked       linked_event_failed
  a2  Ann               Bob                -          linked+bit9  reserved_flag
  a3  Ann               Bob                5          linked       linked_event_failed
  a4  -                 -                  -          linked       linked_event_failed
  -   Ann               Bob                -          linked       linked_event_failed
  a6  Ann               Nobody             -          -            linked_event_failed
  a6  Ann               Bob                -          -            created

story A chain that the batch leaves open fails whole.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id     debit_account_id  credit_account_id  amount  flags   status
  first  Ann               Bob                1       -       created
  a1     Ann               Bob                10      linked  linked_event_failed
  a2     Ann               Bob                10      linked  linked_event_failed
  a3     Ann               Bob                10      linked  linked_event_chain_open

transfers
  id     debit_account_id  credit_account_id  amount  flags   status
  alone  Ann               Bob                10      linked  linked_event_chain_open

transfers
  id     debit_account_id  credit_account_id  amount  flags   status
  alone  Ann               Bob                10      -       created
  a1     Ann               Bob                10      linked  linked_event_failed
  a2     Ann               Ann                10      linked  accounts_must_be_different
  a3     Ann               Bob                10      linked  linked_event_chain_open

transfers
  id  debit_account_id  credit_account_id  amount  timestamp  flags        status
  a1  Ann               Ann                10      5          linked+bit9  linked_event_chain_open

balances
  account  debits_posted  credits_posted
  Ann      11             -
  Bob      -              11

story What a broken chain did is gone for the rest of the batch: money, ids, pendings and endings.

accounts
  id    flags                           status
  Ann   debits_must_not_exceed_credits  created
  Bank  -                               created

transfers
  id      debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                         status
  hold    Bank              Ann                -           7       156     1     pending                       created
  topup   Bank              Ann                -           10      156     1     linked                        linked_event_failed
  keep    -                 -                  hold        max     -       -     linked+post_pending_transfer  linked_event_failed
  new     Bank              Ann                -           5       156     1     linked+pending                linked_event_failed
  bad     Ann               Ann                -           1       156     1     -                             accounts_must_be_different
  spend1  Ann               Bank               -           1       156     1     -                             exceeds_credits
  take    -                 -                  new         max     -       -     post_pending_transfer         pending_transfer_not_found
  keep    -                 -                  hold        max     -       -     post_pending_transfer         created
  topup   Bank              Ann                -           3       156     1     -                             created
  spend2  Ann               Bank               -           10      156     1     -                             created

balances
  account  debits_posted  credits_posted
  Ann      10             10
  Bank     10             10

story Inside a chain an id is taken from its first use; outside a broken one it is free.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id     debit_account_id  credit_account_id  amount  flags   status
  same   Ann               Bob                1       linked  linked_event_failed
  same   Ann               Bob                1       -       exists_with_different_flags
  same   Ann               Bob                1       linked  linked_event_failed
  same   Ann               Bob                1       linked  exists
  other  Ann               Bob                1       -       linked_event_failed
  same   Ann               Bob                2       -       created
  same   Ann               Bob                2       -       exists
  same   Ann               Bob                3       -       exists_with_different_amount

balances
  account  debits_posted  credits_posted
  Ann      2              -
  Bob      -              2

story A passing reason inside a chain burns only the id of the link that broke it.

accounts
  id   flags                           status
  Ann  debits_must_not_exceed_credits  created
  Bob  -                               created

transfers
  id  debit_account_id  credit_account_id  amount  flags   status
  a1  Bob               Ann                5       linked  linked_event_failed
  a2  Ann               Bob                6       linked  exceeds_credits
  a3  Ann               Nobody             1       -       linked_event_failed
  a1  Bob               Ann                5       -       created
  a2  Ann               Bob                1       -       id_already_failed
  a3  Ann               Bob                1       -       created
  b1  Bob               Ann                1       linked  linked_event_failed
  a2  Ann               Bob                1       -       id_already_failed
  b1  Bob               Ann                1       linked  linked_event_failed
  b2  Ann               Nobody             1       linked  credit_account_not_found
  b2  Ann               Bob                1       linked  linked_event_failed
  b3  Ann               Bob                1       linked  linked_event_chain_open

balances
  account  debits_posted  credits_posted
  Ann      1              5
  Bob      5              1

story A pending may be made and ended in one chain, and one that exists breaks it.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id    debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                  status
  hold  Ann               Bob                -           5       156     1     linked+pending         created
  take  -                 -                  hold        3       -       -     post_pending_transfer  created
  a1    Ann               Bob                -           5       156     1     linked                 linked_event_failed
  hold  Ann               Bob                -           5       156     1     linked+pending         exists
  a3    Ann               Bob                -           5       156     1     -                      linked_event_failed

balances
  account  debits_posted  credits_posted
  Ann      3              -
  Bob      -              3

story Closing and reopening inside a broken chain never happened.

accounts
  id   status
  Ann  created
  Bob  created

transfers
  id     debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                         status
  close  Ann               Bob                -           -       156     1     pending+closing_debit         created
  open   -                 -                  close       -       -       -     linked+void_pending_transfer  linked_event_failed
  bad    Ann               Ann                -           -       156     1     -                             accounts_must_be_different
  late   Ann               Bob                -           1       156     1     -                             debit_account_already_closed
  shut   Bob               Ann                -           -       156     1     linked+pending+closing_debit  credit_account_already_closed
  x      Bob               Ann                -           -       156     1     -                             linked_event_failed
  open   -                 -                  close       -       -       -     linked+void_pending_transfer  created
  shut2  Bob               Ann                -           -       156     1     linked+pending+closing_debit  created
  back   -                 -                  shut2       -       -       -     void_pending_transfer         created
  fine   Ann               Bob                -           1       156     1     -                             created

balances
  account  debits_posted  credits_posted  closed
  Ann      1              -               no
  Bob      -              1               no

story Several chains of one batch stand or fall on their own.

accounts
  id   flags                           status
  Ann  debits_must_not_exceed_credits  created
  Bob  -                               created

transfers
  id  debit_account_id  credit_account_id  amount  flags   status
  a1  Bob               Ann                10      linked  created
  a2  Ann               Bob                4       -       created
  b1  Ann               Bob                6       linked  linked_event_failed
  b2  Ann               Bob                1       -       exceeds_credits
  c1  Ann               Bob                5       linked  created
  c2  Ann               Bob                1       -       created

balances
  account  debits_posted  credits_posted
  Ann      10             10
  Bob      10             10

story A closing in a broken chain leaves both accounts open; a void in one leaves both closed.

accounts
  id   status
  Ann  created
  Bob  created
  Cem  created

transfers
  id     debit_account_id  credit_account_id  pending_id  amount  ledger  code  flags                                        status
  shut   Ann               Bob                -           5       156     1     linked+pending+closing_debit+closing_credit  linked_event_failed
  bad1   Ann               Ann                -           5       156     1     -                                            accounts_must_be_different
  there  Ann               Bob                -           1       156     1     -                                            created
  back   Bob               Ann                -           1       156     1     -                                            created
  close  Ann               Bob                -           5       156     1     pending+closing_debit+closing_credit         created
  open   -                 -                  close       -       -       -     linked+void_pending_transfer                 linked_event_failed
  bad2   Cem               Cem                -           5       156     1     -                                            accounts_must_be_different
  late1  Ann               Cem                -           1       156     1     -                                            debit_account_already_closed
  late2  Cem               Bob                -           1       156     1     -                                            credit_account_already_closed
  again  -                 -                  shut        -       -       -     void_pending_transfer                        pending_transfer_not_found

balances
  account  debits_pending  debits_posted  credits_pending  credits_posted  closed
  Ann      5               1              -                1               yes
  Bob      -               1              5                1               yes
  Cem      -               -              -                -               no

absent shut open
