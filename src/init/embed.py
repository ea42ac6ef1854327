# SPDX-License-Identifier: Apache-2.0
"""embed.py IMAGE OUT.S: assembly that puts the file IMAGE between the symbols init_image and init_image_end."""
import hashlib
import os
import sys

image, out = os.path.abspath(sys.argv[1]), sys.argv[2]
with open(image, "rb") as f:
    digest = hashlib.sha256(f.read()).hexdigest()
with open(out, "w") as f:
    f.write(f"""/* {digest} */
	.section .rodata
	.globl init_image, init_image_end
	.hidden init_image, init_image_end
	.balign 16
init_image:
	.incbin "{image}"
init_image_end:
	.byte 0
	.section .note.GNU-stack,"",%progbits
""")
