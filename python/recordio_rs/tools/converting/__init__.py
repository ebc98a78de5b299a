"""Records in the formats of others: WebDataset, TFRecord, Parquet."""
