"""The worker: what happens without anybody asking. Webhooks are delivered, what is due ends, the old goes."""
