# SPDX-License-Identifier: Apache-2.0
"""embed.py IMAGE OUT.S NAME: assembly that puts the file IMAGE between the symbols NAME and NAME_end."""
import hashlib
import os
import sys

image, out, name = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3]
with open(image, "rb") as f:
    digest = hashlib.sha256(f.read()).hexdigest()
with open(out, "w") as f:
    f.write(f"""/* {digest} */
#ifdef __CET__
#include <cet.h>
#endif
	.section .rodata
	.globl {name}, {name}_end
	.hidden {name}, {name}_end
	.balign 16
{name}:
	.incbin "{image}"
{name}_end:
	.byte 0
	.section .note.GNU-stack,"",%progbits
""")
