"""On-call: records that could not be read or screened, looked at, sent again, or given up."""
