SELECT 1--x
-1,2/*y*/3,'a'/**/'b',a/**/b