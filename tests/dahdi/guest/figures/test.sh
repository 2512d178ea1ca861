# Both ends of four lines in one process: delays, and the line machine.
insmod /lib/modules/dahdi.ko
insmod /lib/modules/dahdi_vfxo.ko ports=4
line-figures figures 4
