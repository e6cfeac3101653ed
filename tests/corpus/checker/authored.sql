SELECT campaign, COUNT(1) AS “n” FROM dsp_impressions​ WHERE campaign IN ({{campaigns}}) AND name LIKE '%{{größe}}%' AND day = {{day}} {{condition}} GROUP BY campain;;
