WITH a (x, y) AS (VALUES ('ü', 1) /* one */, ('b', 2.5) -- two
), b AS (WITH c AS (SELECT 1 AS z) SELECT z FROM c) SELECT a.*, b.z FROM a CROSS JOIN b