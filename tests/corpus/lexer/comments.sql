SELECT 1 -- don't
, /* it's ( */ 2 /**/ --
,3 --