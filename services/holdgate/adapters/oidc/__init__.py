"""OpenID Connect: one issuer, asked who somebody is."""
