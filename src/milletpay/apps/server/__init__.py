"""The process that answers on our address: the API and the pages, over one desk."""
