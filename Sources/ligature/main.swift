print("ligature")
