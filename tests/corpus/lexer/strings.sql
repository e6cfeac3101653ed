'a -- b''c /*' '' '''' 'ü😀' "a""b" "" 'two
lines'