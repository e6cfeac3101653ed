SELECT `a b`, "c", ‚d‘, «e», ′f′, ＇g＇ – 1 == 2 FROM t ILIKE TRY_CAST(x AS INT)
