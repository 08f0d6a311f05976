"""The pages that people see: the town's front, its shop, the cashier, the wallet.

Server-rendered, in Chinese and English, light and dark, with one design system (`static/millet.css`) and a
few small scripts that only make what works without them pleasanter. A handler is an edge: it reads a form,
makes one call below, and shows a page or sends the browser on.

What holds:

* Nothing is loaded from elsewhere, nothing runs or is styled inline: the content security policy says so.
* Whatever changes something is a form with a token that no other site can know, and is done once however
  often it is sent; then the browser is sent on, so that a refresh repeats nothing.
* A page shows what is true now. What a link says beside its path is never believed, only put into words.
* Every text stands in both languages in `catalog.toml`.
"""
